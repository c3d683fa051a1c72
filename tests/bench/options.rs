//! The command line.
//!
//! Read by hand: what measures should share as little code as possible with what is measured.

use std::path::PathBuf;

/// What `--help` prints.
pub const USAGE: &str = "\
versus: respool and Debian's redis-server, row by row and scenario by scenario

  --quick          fewer rounds and smaller runs: under a minute, rougher figures
  --rounds N       rounds per row (default 5, with --quick or --sweep 3)
  --only TEXT      only rows, scenarios and curves whose name contains TEXT; may be repeated
  --list           print the names of all rows and scenarios
  --sweep FILE     measure the curves instead and write them to FILE (with --quick, roughly)
  --check          exit with 1 if a bar is missed
  --csv FILE       write every single measurement to FILE
  --cores N        confine everything to N cores (default 2)
  --respool PATH   measure this server in place of the one just built";

/// Cores that everything is confined to: on more of them, the load generator has cores of its
/// own, and the figures answer another question.
const CORES: usize = 2;

/// The command line, parsed.
pub struct Options {
    /// Small runs, few rounds.
    pub quick: bool,
    /// Rounds per row.
    pub rounds: usize,
    /// Parts of names; empty stands for everything.
    pub only: Vec<String>,
    /// Whether to print the names and do nothing else.
    pub list: bool,
    /// Where the curves go, if they are wanted in place of the tables.
    pub sweep: Option<PathBuf>,
    /// Whether a missed bar is a failure.
    pub check: bool,
    /// Where the single measurements go.
    pub csv: Option<PathBuf>,
    /// Cores for servers and load together.
    pub cores: usize,
    /// A server instead of the one just built: an older build, or Redis itself to see the noise.
    pub respool: Option<PathBuf>,
}

impl Options {
    /// Reads the command line; `None` means that help was asked for.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
        let mut options = Options {
            quick: false,
            rounds: 0,
            only: Vec::new(),
            list: false,
            sweep: None,
            check: false,
            csv: None,
            cores: CORES,
            respool: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--check" => options.check = true,
                "--list" => options.list = true,
                "--rounds" => options.rounds = positive("--rounds", &value()?)?,
                "--cores" => options.cores = positive("--cores", &value()?)?,
                "--only" => options.only.push(value()?),
                "--sweep" => options.sweep = Some(value()?.into()),
                "--csv" => options.csv = Some(value()?.into()),
                "--respool" => options.respool = Some(value()?.into()),
                "--help" | "-h" => return Ok(None),
                // `cargo bench` hands this to every benchmark, as libtest would need it.
                "--bench" => {}
                _ => return Err(format!("unknown argument '{argument}' (--help lists them)")),
            }
        }
        if options.rounds == 0 {
            options.rounds = if options.quick || options.sweep.is_some() { 3 } else { 5 };
        }
        Ok(Some(options))
    }

    /// Whether the row or scenario of this name was asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }
}

/// A number that counts something.
fn positive(name: &str, text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{name} must be a positive number, not '{text}'")),
    }
}
