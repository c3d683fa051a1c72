//! The options of the command line, in one list that serves parsing and `--help`.
//!
//! redis-cli has manners of its own, which scripts rely on: options come first and one by one, a
//! value is always the next word, and the first word without a dash begins the command, whatever
//! follows it. So `argh`, which reads the flags of the other tools, does not fit here. Numbers are
//! read as C reads them: `-n 3x` is 3, and `-n x` is 0.

use super::target::{Target, place_of_uri};
use crate::text::quoting::next_word;
use crate::text::version::REDIS_VERSION;
use std::time::Duration;

/// How replies are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For humans: types and indices are shown, strings are quoted.
    Standard,
    /// For scripts: nothing but the values.
    Raw,
    /// Values parted by commas.
    Csv,
    /// JSON, with bytes as they are.
    Json,
    /// JSON, with escapes for what is not ASCII.
    QuotedJson,
}

/// What to do apart from sending a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Send the command of the command line, or those that are typed.
    Commands,
    /// `--scan`
    Scan,
    /// `--stat`
    Stat,
    /// `--latency`
    Latency,
    /// `--latency-history`
    LatencyHistory,
    /// `--eval`
    Eval,
}

/// Which version of the protocol is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Neither `-2` nor `-3` was said: 3 for JSON, where maps are worth it, and 2 otherwise.
    Unsaid,
    /// `-2`
    Two,
    /// `-3`
    Three,
    /// Both, which is refused.
    Both,
}

impl Version {
    fn and(self, other: Version) -> Version {
        if self == Version::Unsaid || self == other { other } else { Version::Both }
    }
}

/// What the command line says.
#[derive(Debug)]
pub struct Options {
    pub target: Target,
    pub user: Option<Vec<u8>>,
    pub password: Option<Vec<u8>>,
    /// Whether a password on the command line is not warned about.
    pub is_password_fine: bool,
    pub database: i64,
    pub version: Version,
    /// How often a command is sent; below zero: without end.
    pub repeat: i64,
    pub interval: Duration,
    /// `None`: standard on a terminal, raw otherwise.
    pub style: Option<Style>,
    /// The separator between the elements of a raw reply.
    pub element_end: Vec<u8>,
    /// The text after a raw reply.
    pub reply_end: Vec<u8>,
    pub is_input_quoted: bool,
    /// Whether the last argument comes from standard input.
    pub takes_last_argument: bool,
    /// The argument in whose place standard input comes.
    pub tag: Option<Vec<u8>>,
    /// Whether an error reply ends the program with exit code 1.
    pub ends_on_error: bool,
    /// `None`: shown on a terminal only.
    pub shows_pushes: Option<bool>,
    pub mode: Mode,
    pub pattern: Option<Vec<u8>>,
    pub count: Option<Vec<u8>>,
    pub script: Vec<u8>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            target: Target::default(),
            user: None,
            password: None,
            is_password_fine: false,
            database: 0,
            version: Version::Unsaid,
            repeat: 1,
            interval: Duration::ZERO,
            style: None,
            element_end: b"\n".to_vec(),
            reply_end: b"\n".to_vec(),
            is_input_quoted: false,
            takes_last_argument: false,
            tag: None,
            ends_on_error: false,
            shows_pushes: None,
            mode: Mode::Commands,
            pattern: None,
            count: None,
            script: Vec::new(),
        }
    }
}

/// What a command line asks for.
#[derive(Debug)]
pub enum Wanted {
    /// To talk to a server; the words are a command, or there are none.
    Talk(Box<Options>, Vec<Vec<u8>>),
    Help,
    Version,
}

/// One option.
struct Row {
    names: &'static [&'static str],
    /// What its value is called; empty if it has none.
    value: &'static str,
    help: &'static str,
    /// Gets the value, or nothing if it has none.
    apply: fn(&mut Options, &[u8]) -> Result<(), String>,
}

/// A row of the list that cannot be wrong.
macro_rules! row {
    ($names:expr, $value:expr, $help:expr, $set:expr) => {
        Row {
            names: &$names,
            value: $value,
            help: $help,
            apply: |options, value| {
                let set: fn(&mut Options, &[u8]) = $set;
                set(options, value);
                Ok(())
            },
        }
    };
}

/// All options, in the order of `--help`.
static ROWS: &[Row] = &[
    row!(["-h"], "host", "name or address of the server (127.0.0.1)", |o, v| {
        o.target.host = v.to_vec();
    }),
    Row { names: &["-p"], value: "port", help: "its TCP port (6379)", apply: port },
    row!(["-s"], "path", "its Unix socket, instead of host and port", |o, v| {
        o.target.socket = Some(v.to_vec());
    }),
    Row {
        names: &["-u"],
        value: "uri",
        help: "all of it: redis://user:password@host:port/database",
        apply: |o, v| place_of_uri(v, o),
    },
    row!(["-a", "--pass"], "password", "password; better in the variable REDISCLI_AUTH", |o, v| {
        o.password = Some(v.to_vec());
    }),
    row!(["--user"], "name", "user whose password it is", |o, v| o.user = Some(v.to_vec())),
    row!(["--no-auth-warning"], "", "do not warn about a password on the command line", |o, _| {
        o.is_password_fine = true;
    }),
    row!(["-n"], "number", "database", |o, v| o.database = leading_integer(v)),
    row!(["-2"], "", "version 2 of the protocol", |o, _| o.version = o.version.and(Version::Two)),
    row!(["-3"], "", "version 3 of the protocol", |o, _| o.version = o.version.and(Version::Three)),
    row!(["-r"], "times", "send the command so often; -1 is without end", |o, v| {
        o.repeat = leading_integer(v);
    }),
    row!(["-i"], "seconds", "wait so long between two of them, or two rounds of --stat", |o, v| {
        o.interval = Duration::try_from_secs_f64(leading_number(v)).unwrap_or_default();
    }),
    row!(["-x"], "", "read the last argument from standard input", |o, _| {
        o.takes_last_argument = true;
    }),
    row!(["-X"], "word", "put standard input in the place of this argument", |o, v| {
        o.tag = Some(v.to_vec());
    }),
    row!(["-e"], "", "end with exit code 1 if the reply is an error", |o, _| {
        o.ends_on_error = true;
    }),
    row!(["--quoted-input"], "", "arguments are quoted, as they would be in the prompt", |o, _| {
        o.is_input_quoted = true;
    }),
    row!(["--raw"], "", "show values only, as if the output were no terminal", |o, _| {
        o.style = Some(Style::Raw);
    }),
    row!(["--no-raw"], "", "show types and quotes, as on a terminal", |o, _| {
        o.style = Some(Style::Standard);
    }),
    row!(["-d"], "text", "between the elements of a raw reply (a line end)", |o, v| {
        o.element_end = v.to_vec();
    }),
    row!(["-D"], "text", "behind a raw reply (a line end)", |o, v| o.reply_end = v.to_vec()),
    row!(["--csv"], "", "show values parted by commas", |o, _| o.style = Some(Style::Csv)),
    row!(["--json"], "", "show JSON, by version 3 of the protocol", |o, _| {
        o.style = Some(Style::Json);
    }),
    row!(["--quoted-json"], "", "the same in ASCII", |o, _| o.style = Some(Style::QuotedJson)),
    row!(["--show-pushes"], "yes|no", "show what was not asked for", set_show_pushes),
    row!(["--scan"], "", "list the keys, by SCAN", |o, _| o.mode = Mode::Scan),
    row!(["--pattern"], "pattern", "only keys like this one", |o, v| o.pattern = Some(v.to_vec())),
    Row {
        names: &["--quoted-pattern"],
        value: "pattern",
        help: "the same, quoted",
        apply: |o, v| {
            let wrong = "Invalid quoted string specified for --quoted-pattern.";
            o.pattern = Some(unquoted(v).ok_or(wrong)?);
            Ok(())
        },
    },
    row!(["--count"], "number", "keys of one SCAN", |o, v| o.count = Some(v.to_vec())),
    row!(["--stat"], "", "show figures of the server, line by line", |o, _| o.mode = Mode::Stat),
    row!(["--latency"], "", "measure how long a PING takes", |o, _| o.mode = Mode::Latency),
    row!(["--latency-history"], "", "the same, a line every 15 seconds or -i", |o, _| {
        o.mode = Mode::LatencyHistory;
    }),
    row!(["--eval"], "file", "run a script; a comma parts keys from arguments", |o, v| {
        (o.mode, o.script) = (Mode::Eval, v.to_vec());
    }),
    row!(["--verbose"], "", "accepted for redis-cli's sake", |_, _| {}),
];

/// Options of redis-cli that this client does not have. They are refused by name, so that it does
/// not look like a slip of the pen.
const LEFT_OUT: &[&str] = &[
    "--askpass",
    "--bigkeys",
    "--cacert",
    "--cacertdir",
    "--cert",
    "--cluster",
    "--functions-rdb",
    "--hotkeys",
    "--insecure",
    "--intrinsic-latency",
    "--key",
    "--latency-dist",
    "--ldb",
    "--ldb-sync-mode",
    "--lru-test",
    "--memkeys",
    "--memkeys-samples",
    "--pipe",
    "--pipe-timeout",
    "--rdb",
    "--replica",
    "--slave",
    "--sni",
    "--tls",
    "--tls-ciphers",
    "--tls-ciphersuites",
    "-c",
];

/// Reads the command line.
///
/// # Errors
/// One line for standard error.
pub fn parse(words: Vec<Vec<u8>>) -> Result<Wanted, String> {
    let mut options = Options::default();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next_if(|word| word.starts_with(b"-")) {
        match word.as_slice() {
            b"--help" => return Ok(Wanted::Help),
            b"-h" if words.peek().is_none() => return Ok(Wanted::Help),
            b"-v" | b"--version" => return Ok(Wanted::Version),
            _ => {}
        }
        let is_named = |row: &&Row| row.names.iter().any(|name| name.as_bytes() == word);
        let value = match ROWS.iter().find(is_named) {
            None => None,
            Some(row) if row.value.is_empty() => Some((row, Vec::new())),
            Some(row) => words.next().map(|value| (row, value)),
        };
        let (row, value) = value.ok_or_else(|| refusal(&word))?;
        (row.apply)(&mut options, &value)?;
    }
    if options.takes_last_argument && options.tag.is_some() {
        return Err("Options -x and -X are mutually exclusive.".to_owned());
    }
    if options.version == Version::Both {
        return Err("Options -2 and -3 are mutually exclusive.".to_owned());
    }
    Ok(Wanted::Talk(Box::new(options), words.collect()))
}

fn refusal(word: &[u8]) -> String {
    let shown = String::from_utf8_lossy(word);
    match LEFT_OUT.iter().any(|name| name.as_bytes() == word) {
        true => format!("This redis-cli is respool's, and does not have '{shown}'"),
        false => format!("Unrecognized option or bad number of args for: '{shown}'"),
    }
}

fn port(options: &mut Options, value: &[u8]) -> Result<(), String> {
    let port = u16::try_from(leading_integer(value));
    options.target.port = port.map_err(|_| "Invalid server port.")?;
    Ok(())
}

/// What is neither yes nor no changes nothing, and is no reason to stop.
fn set_show_pushes(options: &mut Options, value: &[u8]) {
    match value.first() {
        Some(b'y' | b'Y') => options.shows_pushes = Some(true),
        Some(b'n' | b'N') => options.shows_pushes = Some(false),
        _ => {
            let value = String::from_utf8_lossy(value);
            eprintln!("Unknown --show-pushes value '{value}' (valid: '[y]es', '[n]o')");
        }
    }
}

/// The integer at the beginning of a text, as C's `strtoll` reads it; 0 if there is none.
pub fn leading_integer(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let digits = text[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    match std::str::from_utf8(&text[..sign + digits]).unwrap_or_default().parse() {
        Ok(number) => number,
        Err(_) if digits == 0 => 0,
        Err(_) if text[0] == b'-' => i64::MIN,
        Err(_) => i64::MAX,
    }
}

/// The number at the beginning of a text; 0 if there is none. Signs and exponents are not for a
/// number of seconds.
fn leading_number(text: &[u8]) -> f64 {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    std::str::from_utf8(&text[..len]).unwrap_or_default().parse().unwrap_or(0.0)
}

/// The text of `--help`.
pub fn help() -> String {
    let mut text = format!(
        "{}\n\nUsage: redis-cli [OPTION ...] [COMMAND [ARGUMENT ...]]\n\nA client with the manners \
         of redis-cli. Without a command it reads commands, line by line.\n\n",
        version()
    );
    for row in ROWS {
        let name = format!("{} {}", row.names.join(", "), row.value);
        text += &format!("  {:<26} {}\n", name.trim_end(), row.help);
    }
    text += "  --help, --version          show this, or the version\n";
    text
}

/// As scripts that look at the second word want it: the Redis version that we are like.
pub fn version() -> String {
    format!("redis-cli {REDIS_VERSION} (respool {})", env!("CARGO_PKG_VERSION"))
}

/// The one word that a quoted text is.
pub fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut word = Vec::new();
    let rest = next_word(text, &mut word).ok()??;
    match next_word(rest, &mut Vec::new()) {
        Ok(None) => Some(word),
        _ => None,
    }
}
