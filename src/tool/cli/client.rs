//! The client: one connection, what is known about its state, and the way of a command.
//!
//! A command is sent, and its reply is shown. In addition there is what redis-cli does: a lost
//! connection is made again before the next command, with AUTH, SELECT and HELLO; SELECT, MULTI
//! and the like change what the prompt shows; MONITOR and SUBSCRIBE have replies without end.
//!
//! Errors *of the connection* go to standard error, errors *of a command* are replies.

use super::follow::{Stream, is_text, stream_of};
use super::format::Format;
use super::help;
use super::link::{Link, Lost, words};
use super::options::{Options, Style, Version, leading_integer};
use super::target::{Target, reason};
use crate::resp::Answer;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why a command has no reply that could be shown.
#[derive(Debug)]
pub enum Failure {
    /// There is no connection, which was said already.
    Unreachable,
    /// The connection is lost; to be said.
    Lost(Lost),
    /// The reply is an error and was said on standard error, because of `-e`.
    ErrorReply,
    /// Standard output was closed by its reader.
    NoReader,
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Failure {
        Failure::Lost(lost)
    }
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Failure {
        Failure::NoReader
    }
}

/// A client.
pub struct Client<'a> {
    pub options: &'a Options,
    pub target: Target,
    pub format: Format,
    /// Whether commands are read from standard input.
    pub is_interactive: bool,
    /// Whether Ctrl-C was pressed while replies without end were shown.
    pub interrupted: Arc<AtomicBool>,
    /// Whether Ctrl-C ends the program at once.
    pub may_be_ended: Arc<AtomicBool>,
    link: Option<Link>,
    /// Why there is no connection, if it was there for a moment.
    last_reason: Option<String>,
    /// The database that the server has selected, and the one that it is to select.
    database: i64,
    wanted_database: i64,
    /// Inside of MULTI: the database before it.
    before_transaction: Option<i64>,
    is_resp3: bool,
    shows_pushes: bool,
}

impl<'a> Client<'a> {
    /// A client that has not connected yet.
    pub fn new(options: &'a Options, format: Format, is_terminal: bool) -> Client<'a> {
        let is_json = matches!(format.style, Style::Json | Style::QuotedJson);
        Client {
            options,
            target: options.target.clone(),
            format,
            is_interactive: false,
            interrupted: Arc::default(),
            may_be_ended: Arc::new(AtomicBool::new(true)),
            link: None,
            last_reason: None,
            database: 0,
            wanted_database: options.database,
            before_transaction: None,
            is_resp3: options.version == Version::Three
                || options.version == Version::Unsaid && is_json,
            shows_pushes: options.shows_pushes.unwrap_or(is_terminal),
        }
    }

    /// Connects and authenticates. Returns whether there is a connection, even if the server did
    /// not accept the greeting: the next command reports why.
    pub fn connect(&mut self, is_loud: bool) -> bool {
        (self.link, self.last_reason) = (None, None);
        (self.database, self.before_transaction) = (0, None);
        let link = match Link::to(&self.target) {
            Ok(link) => self.link.insert(link),
            Err(error) => {
                if is_loud {
                    eprintln!("Could not connect to Redis at {}: {}", self.target, reason(&error));
                }
                return false;
            }
        };
        let introduced = introduce(link, self.options, self.wanted_database, self.is_resp3);
        match introduced {
            Ok(database) => self.database = database,
            Err(lost) => {
                eprintln!("\nI/O error");
                (self.link, self.last_reason) = (None, Some(lost.reason));
            }
        }
        self.link.is_some()
    }

    /// The prompt, without its last character.
    pub fn prompt(&self) -> String {
        if self.link.is_none() {
            return "not connected".to_owned();
        }
        let mut prompt = self.target.prompt();
        if self.database != 0 {
            prompt += &format!("[{}]", self.database);
        }
        prompt + if self.before_transaction.is_some() { "(TX)" } else { "" }
    }

    /// Sends a command so often (below zero: without end) and shows its replies.
    ///
    /// # Errors
    /// There is no reply to show.
    pub fn issue(&mut self, words: &[Vec<u8>], repeat: i64) -> Result<(), Failure> {
        let issued = self.issue_on_link(words, repeat);
        if let Err(Failure::Lost(_)) = issued {
            self.link = None;
            // A server that stops closes the connection instead of replying.
            if words[0].eq_ignore_ascii_case(b"shutdown") {
                return Ok(());
            }
        }
        issued
    }

    fn issue_on_link(&mut self, words: &[Vec<u8>], repeat: i64) -> Result<(), Failure> {
        if help::is_asked_for(words) {
            return help::show(&words[1..], self);
        }
        self.ensure_link()?;
        let (mut stream, mut left) = (stream_of(words), repeat);
        while left != 0 {
            left = if left > 0 { left - 1 } else { left };
            self.send(words)?;
            match stream {
                Some(Stream::Monitor) => return self.show_stream(Stream::Monitor),
                Some(Stream::Messages) => {
                    self.show_stream(Stream::Messages)?;
                    stream = None;
                    continue;
                }
                None => {}
            }
            let answer = self.answer()?;
            self.show(&answer, is_text(words))?;
            self.note(words, &answer);
            std::thread::sleep(self.options.interval);
        }
        Ok(())
    }

    /// Sends a request of the program's own and returns its reply.
    ///
    /// # Errors
    /// There is no connection any more.
    pub fn ask(&mut self, line: &str) -> Result<Answer, Failure> {
        self.ask_words(&words(line))
    }

    /// The same for words of any bytes.
    ///
    /// # Errors
    /// As above.
    pub fn ask_words(&mut self, words: &[Vec<u8>]) -> Result<Answer, Failure> {
        self.ensure_link()?;
        self.send(words)?;
        self.answer()
    }

    fn ensure_link(&mut self) -> Result<(), Failure> {
        if self.link.is_some() || self.connect(true) {
            return Ok(());
        }
        Err(match self.last_reason.take() {
            Some(reason) => Failure::Lost(Lost { reason, is_gone: true }),
            None => Failure::Unreachable,
        })
    }

    fn link(&mut self) -> Result<&mut Link, Failure> {
        self.link.as_mut().ok_or(Failure::Unreachable)
    }

    fn send(&mut self, words: &[Vec<u8>]) -> Result<(), Failure> {
        Ok(self.link()?.send(words)?)
    }

    /// The reply to the request that was sent; what comes in front of it is shown or skipped.
    fn answer(&mut self) -> Result<Answer, Failure> {
        loop {
            let answer = self.link()?.answer()?;
            if !matches!(answer, Answer::Push(_)) {
                return Ok(answer);
            }
            if self.shows_pushes {
                print(&self.format.push(&answer))?;
            }
        }
    }

    /// Shows replies without end, until one is an error, the connection ends, or Ctrl-C is pressed.
    fn show_stream(&mut self, stream: Stream) -> Result<(), Failure> {
        if stream == Stream::Messages && self.format.style != Style::Raw {
            print(b"Reading messages... (press Ctrl-C to quit)\n")?;
        }
        if !self.is_interactive {
            loop {
                let answer = self.link()?.answer()?;
                if self.show(&answer, false)? {
                    return Ok(());
                }
            }
        }
        // Ctrl-C is to end the stream and not the program.
        self.interrupted.store(false, Ordering::Relaxed);
        self.may_be_ended.store(false, Ordering::Relaxed);
        let shown = self.show_stream_until_interrupted();
        self.may_be_ended.store(true, Ordering::Relaxed);
        if shown? {
            // Only a new connection is sure to be silent.
            self.connect(true);
        }
        Ok(())
    }

    /// Whether it was interrupted.
    fn show_stream_until_interrupted(&mut self) -> Result<bool, Failure> {
        let interrupted = Arc::clone(&self.interrupted);
        while let Some(answer) = self.link()?.answer_unless(&interrupted)? {
            if self.show(&answer, false)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Shows a reply; whether it is an error.
    fn show(&mut self, answer: &Answer, is_text: bool) -> Result<bool, Failure> {
        if let Some(error) = answer.error()
            && self.options.ends_on_error
            && !self.is_interactive
        {
            eprintln!("{}", String::from_utf8_lossy(error));
            return Err(Failure::ErrorReply);
        }
        print(&self.format.reply(answer, is_text))?;
        Ok(answer.error().is_some())
    }

    /// Keeps track of what a command has done to the connection.
    fn note(&mut self, words: &[Vec<u8>], answer: &Answer) {
        let is_fine = answer.error().is_none();
        let name = words[0].to_ascii_lowercase();
        match (name.as_slice(), words.len()) {
            (b"select", 2) if is_fine => {
                self.database = leading_integer(&words[1]);
                self.wanted_database = self.database;
            }
            // Another user may have had no right to select.
            (b"auth", 2 | 3) => self.select_again(),
            (b"multi", 1) if is_fine => self.before_transaction = Some(self.database),
            (b"exec", 1) => {
                if let Some(before) = self.before_transaction.take()
                    && (!is_fine || *answer == Answer::Null)
                {
                    (self.database, self.wanted_database) = (before, before);
                }
            }
            (b"discard", 1) if is_fine => {
                if let Some(before) = self.before_transaction.take() {
                    (self.database, self.wanted_database) = (before, before);
                }
            }
            (b"reset", 1) if is_fine => {
                (self.database, self.wanted_database) = (0, 0);
                (self.before_transaction, self.is_resp3) = (None, false);
            }
            _ => {}
        }
    }

    fn select_again(&mut self) {
        if self.wanted_database == self.database {
            return;
        }
        let wanted = self.wanted_database;
        let Some(link) = &mut self.link else { return };
        match select(link, wanted) {
            Ok(true) => self.database = wanted,
            Ok(false) => {}
            Err(lost) => (self.link, self.last_reason) = (None, Some(lost.reason)),
        }
    }
}

/// Authenticates, and selects the database and the protocol, as far as they are not what the server
/// takes for granted. Returns the selected database. A refusal is said, and ends it.
fn introduce(
    link: &mut Link,
    options: &Options,
    database: i64,
    is_resp3: bool,
) -> Result<i64, Lost> {
    if let Some(password) = &options.password {
        let mut auth = words("AUTH");
        auth.extend(options.user.clone());
        auth.push(password.clone());
        if let Some(error) = link.ask(&auth)?.error() {
            eprintln!("AUTH failed: {}", String::from_utf8_lossy(error));
            return Ok(0);
        }
    }
    if database != 0 && !select(link, database)? {
        return Ok(0);
    }
    if is_resp3 && let Some(error) = link.ask(&words("HELLO 3"))?.error() {
        eprintln!("HELLO 3 failed: {}", String::from_utf8_lossy(error));
    }
    Ok(database)
}

fn select(link: &mut Link, database: i64) -> Result<bool, Lost> {
    match link.ask(&words(&format!("SELECT {database}")))?.error() {
        Some(error) => {
            eprintln!("SELECT {database} failed: {}", String::from_utf8_lossy(error));
            Ok(false)
        }
        None => Ok(true),
    }
}

/// Prints at once: what reads our output wants to see each reply when it comes.
///
/// # Errors
/// Standard output was closed by its reader.
pub fn print(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(bytes)?;
    out.flush()
}
