//! Why a rule cannot be applied, in Redis's words.

/// Why a rule cannot be applied; the text is Redis's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleError {
    /// It names a command or a category that does not exist.
    Unknown,
    /// It is no rule.
    Syntax,
    /// A pattern of keys next to all keys would have no effect.
    KeysAfterAll,
    /// The same for channels.
    ChannelsAfterAll,
    /// The password to be removed is none of the user's.
    NoSuchPassword,
    /// The hash of a password has another form.
    BadHash,
    /// `+config|get|x`: only a command without subcommands can be permitted for a first argument.
    FirstArgumentOfSubcommand,
}

impl RuleError {
    /// Redis's text.
    pub fn text(self) -> &'static str {
        match self {
            RuleError::Unknown => "Unknown command or category name in ACL",
            RuleError::Syntax => "Syntax error",
            RuleError::KeysAfterAll => {
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and \
                 does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
            }
            RuleError::ChannelsAfterAll => {
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and \
                 does not have any effect. Try 'resetchannels' to start with an empty list of \
                 channels"
            }
            RuleError::NoSuchPassword => {
                "The password you are trying to remove from the user does not exist"
            }
            RuleError::BadHash => {
                "The password hash must be exactly 64 characters and contain only lowercase \
                 hexadecimal characters"
            }
            RuleError::FirstArgumentOfSubcommand => {
                "Allowing first-arg of a subcommand is not supported"
            }
        }
    }
}

/// Whether a name or a pattern contains a byte that would end it in a line of rules.
pub fn has_space(word: &[u8]) -> bool {
    word.iter().any(|byte| byte.is_ascii_whitespace() || *byte == 0x0b || *byte == 0)
}
