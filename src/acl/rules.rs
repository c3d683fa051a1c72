//! The rules of one user: flags, passwords and selectors.

use super::error::RuleError;
use super::password::Digest;
use super::selector::{Denied, Request, Selector};
use crate::text::quoting::next_word;

/// Everything that is known about a user, except for the name.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Whether the user may authenticate. Connections of a user who is switched off later stay.
    pub is_on: bool,
    /// Whether any password is right.
    pub has_no_password: bool,
    skips_sanitizing: bool,
    passwords: Vec<Digest>,
    /// The first one is the *root* selector, to which rules outside of parentheses apply.
    selectors: Vec<Selector>,
}

/// Why none of several rules was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// This rule is wrong.
    Rule(Vec<u8>, RuleError),
    /// The parenthesis in this word is not closed.
    Unmatched(Vec<u8>),
}

impl Rules {
    /// The rules of a new user, who may do nothing; `has_all_channels` is `acl-pubsub-default`.
    pub fn new(has_all_channels: bool) -> Rules {
        Rules {
            is_on: false,
            has_no_password: false,
            skips_sanitizing: false,
            passwords: Vec::new(),
            selectors: vec![Selector::new(has_all_channels)],
        }
    }

    /// The rules of the user `default` without any line: everything, without a password.
    pub fn unrestricted() -> Rules {
        let mut rules = Rules::new(true);
        for rule in [&b"on"[..], b"nopass", b"+@all", b"~*", b"&*"] {
            let applied = rules.apply(rule, true);
            debug_assert!(applied.is_ok(), "these rules exist");
        }
        rules
    }

    /// Applies rules in their order, with parentheses that extend over several words.
    ///
    /// # Errors
    /// The first one that is wrong. Those before it have been applied.
    pub fn apply_all(&mut self, words: &[&[u8]], has_all_channels: bool) -> Result<(), Mistake> {
        for rule in merged(words)? {
            let applied = self.apply(&rule, has_all_channels);
            applied.map_err(|error| Mistake::Rule(rule, error))?;
        }
        Ok(())
    }

    /// Applies one rule.
    ///
    /// # Errors
    /// Nothing is changed then.
    pub fn apply(&mut self, rule: &[u8], has_all_channels: bool) -> Result<(), RuleError> {
        match rule.to_ascii_lowercase().as_slice() {
            b"" => {}
            b"on" => self.is_on = true,
            b"off" => self.is_on = false,
            b"nopass" => self.set_password(None),
            b"resetpass" => {
                self.has_no_password = false;
                self.passwords.clear();
            }
            b"skip-sanitize-payload" => self.skips_sanitizing = true,
            b"sanitize-payload" => self.skips_sanitizing = false,
            b"clearselectors" => self.selectors.truncate(1),
            b"reset" => *self = Rules::new(has_all_channels),
            _ => return self.apply_other(rule, has_all_channels),
        }
        Ok(())
    }

    fn apply_other(&mut self, rule: &[u8], has_all_channels: bool) -> Result<(), RuleError> {
        match rule {
            [b'>', password @ ..] => self.add_password(Digest::of(password)),
            [b'#', hash @ ..] => {
                self.add_password(Digest::parse(hash).ok_or(RuleError::BadHash)?);
            }
            [b'<', password @ ..] => self.remove_password(&Digest::of(password))?,
            [b'!', hash @ ..] => {
                self.remove_password(&Digest::parse(hash).ok_or(RuleError::BadHash)?)?;
            }
            [b'(', inner @ .., b')'] => {
                let mut selector = Selector::new(has_all_channels);
                for word in words_of(inner).ok_or(RuleError::Syntax)? {
                    selector.apply(&word)?;
                }
                self.selectors.push(selector);
            }
            _ => self.selectors[0].apply(rule)?,
        }
        Ok(())
    }

    /// Replaces all passwords; `None` makes any password right.
    pub fn set_password(&mut self, password: Option<&[u8]>) {
        self.has_no_password = password.is_none();
        self.passwords = password.map(Digest::of).into_iter().collect();
    }

    fn add_password(&mut self, digest: Digest) {
        if !self.passwords.iter().any(|own| own.is(&digest)) {
            self.passwords.push(digest);
        }
        self.has_no_password = false;
    }

    fn remove_password(&mut self, digest: &Digest) -> Result<(), RuleError> {
        let place = self.passwords.iter().position(|own| own.is(digest));
        self.passwords.remove(place.ok_or(RuleError::NoSuchPassword)?);
        Ok(())
    }

    /// Whether a user with these rules may log in with a password. All passwords are compared, so
    /// that the time does not tell which one was right.
    pub fn accepts(&self, password: &[u8]) -> bool {
        let given = Digest::of(password);
        let is_right = self.passwords.iter().fold(false, |is, own| is | own.is(&given));
        self.is_on && (self.has_no_password || is_right)
    }

    /// Whether everybody may be this user without a password.
    pub fn is_open(&self) -> bool {
        self.is_on && self.has_no_password
    }

    /// Whether everything is permitted.
    pub fn is_unrestricted(&self) -> bool {
        self.selectors.iter().any(Selector::is_unrestricted)
    }

    /// Checks a request. One selector alone has to permit all of it.
    ///
    /// # Errors
    /// The reason of the selector that came furthest.
    pub fn check(&self, request: &Request<'_>) -> Result<(), Denied> {
        let mut reason = Denied::Command;
        for selector in &self.selectors {
            match selector.check(request) {
                Ok(()) => return Ok(()),
                Err(denied) => reason = reason.max(denied),
            }
        }
        Err(reason)
    }

    /// Whether a request is permitted that may read keys of any name besides its own.
    pub fn permits_reading_all(&self, request: &Request<'_>) -> bool {
        let may = |s: &Selector| s.reads_all_keys() && s.check(request).is_ok();
        self.selectors.iter().any(may)
    }

    /// Whether a subscription to a channel, or literally to a pattern, is permitted by any
    /// selector.
    pub fn permits_channel(&self, name: &[u8], is_pattern: bool) -> bool {
        self.selectors.iter().any(|selector| selector.permits_channel(name, is_pattern))
    }

    /// Whether every channel is permitted.
    pub fn permits_all_channels(&self) -> bool {
        self.selectors.iter().any(Selector::permits_all_channels)
    }

    /// The words of ACL GETUSER's flags.
    pub fn flags(&self) -> Vec<&'static str> {
        let mut flags = vec![if self.is_on { "on" } else { "off" }];
        flags.extend(self.has_no_password.then_some("nopass"));
        let skips = self.skips_sanitizing;
        flags.push(if skips { "skip-sanitize-payload" } else { "sanitize-payload" });
        flags
    }

    /// The hashes of the passwords.
    pub fn passwords(&self) -> &[Digest] {
        &self.passwords
    }

    /// The root selector, and the others.
    pub fn selectors(&self) -> (&Selector, &[Selector]) {
        (&self.selectors[0], &self.selectors[1..])
    }

    /// All rules in one line, so that they make the same user again.
    pub fn describe(&self) -> Vec<u8> {
        let (root, others) = self.selectors();
        let mut words: Vec<Vec<u8>> =
            self.flags().iter().map(|flag| flag.as_bytes().into()).collect();
        words.extend(self.passwords.iter().map(|digest| format!("#{digest}").into_bytes()));
        words.push(root.describe());
        words.extend(others.iter().map(|other| [b"(", &other.describe()[..], b")"].concat()));
        words.join(&b' ')
    }
}

/// The words inside of parentheses, which may be quoted.
fn words_of(mut text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    loop {
        let mut word = Vec::new();
        match next_word(text, &mut word).ok()? {
            Some(rest) => text = rest,
            None => return Some(words),
        }
        words.push(word);
    }
}

/// Joins the words from one that begins with a parenthesis to the one that closes it.
///
/// # Errors
/// It is not closed.
pub fn merged(words: &[&[u8]]) -> Result<Vec<Vec<u8>>, Mistake> {
    let mut rules: Vec<Vec<u8>> = Vec::new();
    let mut open: Option<(usize, Vec<u8>)> = None;
    for (at, word) in words.iter().enumerate() {
        let closes = word.ends_with(b")");
        match &mut open {
            // As in Redis, one that begins before another was closed takes its place.
            _ if word.starts_with(b"(") && !closes => open = Some((at, word.to_vec())),
            None => rules.push(word.to_vec()),
            Some((_, selector)) => {
                selector.push(b' ');
                selector.extend_from_slice(word);
                if closes {
                    rules.extend(open.take().map(|(_, selector)| selector));
                }
            }
        }
    }
    match open {
        Some((at, _)) => Err(Mistake::Unmatched(words[at].to_vec())),
        None => Ok(rules),
    }
}
