//! The identity of a command.

/// Which command it is: the number of its row in the command table, and of its counters.
///
/// It stands for the command wherever one is stored or compared, because it is a small number that
/// any thread can read. Names may be given to other commands (`rename-command`), and two
/// subcommands may have the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(u16);

impl CommandId {
    /// The command in row `index`. There are fewer than `limits::COMMANDS_MAX` rows.
    pub const fn at(index: usize) -> CommandId {
        CommandId(index as u16)
    }

    /// The index of its row.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
