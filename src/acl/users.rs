//! All users, as threads share them.
//!
//! A session holds its [`User`] and not a copy of the rules, so that ACL SETUSER changes what
//! connected clients may do. Users are sorted by name, as Redis lists them.

use super::error::{RuleError, has_space};
use super::file;
use super::log::Log;
use super::rules::{Mistake, Rules};
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The name of the user that every connection has at first.
pub const DEFAULT: &[u8] = b"default";

/// One user.
#[derive(Debug)]
pub struct User {
    /// Unique.
    pub name: Box<[u8]>,
    /// Whether everything is permitted: read for each request, without a lock.
    is_unrestricted: AtomicBool,
    /// Whether nobody needs a password for this user.
    is_open: AtomicBool,
    rules: RwLock<Arc<Rules>>,
}

impl User {
    /// A user with these rules.
    pub fn new(name: &[u8], rules: Rules) -> User {
        User {
            name: name.into(),
            is_unrestricted: AtomicBool::new(rules.is_unrestricted()),
            is_open: AtomicBool::new(rules.is_open()),
            rules: RwLock::new(Arc::new(rules)),
        }
    }

    /// Whether everything is permitted.
    pub fn is_unrestricted(&self) -> bool {
        self.is_unrestricted.load(Relaxed)
    }

    /// Whether a client is this user without a password.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Relaxed)
    }

    /// The present rules.
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read())
    }

    /// The line of a configuration or a file that describes the user.
    pub fn line(&self) -> Vec<u8> {
        [b"user ", &*self.name, b" ", &self.rules().describe()].concat()
    }

    /// Replaces the rules; returns the old ones.
    fn replace(&self, rules: Arc<Rules>) -> Arc<Rules> {
        let mut own = self.rules.write();
        self.is_unrestricted.store(rules.is_unrestricted(), Relaxed);
        self.is_open.store(rules.is_open(), Relaxed);
        std::mem::replace(&mut own, rules)
    }
}

/// Users by name.
pub type Users = BTreeMap<Vec<u8>, Arc<User>>;

/// Users, and the log of what was refused.
#[derive(Debug)]
pub struct Acl {
    /// What was refused.
    pub log: Log,
    /// The user of that name, which always exists.
    default: Arc<User>,
    users: RwLock<Users>,
    /// `acl-pubsub-default`: whether new users may use all channels.
    has_all_channels: AtomicBool,
}

/// What a change means for connected clients.
pub struct Changed {
    /// The user.
    pub user: Arc<User>,
    /// The rules before; without them the user is new.
    pub before: Option<Arc<Rules>>,
}

/// What a file means for connected clients.
pub struct Loaded {
    /// Users who were there before.
    pub changed: Vec<Changed>,
    /// Users who are not there any more.
    pub gone: Vec<Arc<User>>,
}

impl Acl {
    /// The user `default` with a password, or without one if it is empty.
    pub fn new(password: &[u8], has_all_channels: bool) -> Acl {
        let default = Arc::new(User::new(DEFAULT, Rules::unrestricted()));
        let acl = Acl {
            log: Log::default(),
            users: RwLock::new(BTreeMap::from([(DEFAULT.to_vec(), Arc::clone(&default))])),
            default,
            has_all_channels: AtomicBool::new(has_all_channels),
        };
        acl.set_default_password(password);
        acl
    }

    /// The user of connections that have not chosen another one.
    pub fn default_user(&self) -> &Arc<User> {
        &self.default
    }

    /// Whether new users may use all channels.
    pub fn set_channels_default(&self, has_all: bool) {
        self.has_all_channels.store(has_all, Relaxed);
    }

    /// `requirepass`: replaces the passwords of `default`; an empty one makes any password right.
    pub fn set_default_password(&self, password: &[u8]) {
        let _one_at_a_time = self.users.write();
        let mut rules = Rules::clone(&self.default.rules());
        rules.set_password(Some(password).filter(|password| !password.is_empty()));
        self.default.replace(Arc::new(rules));
    }

    /// The user of a name.
    pub fn find(&self, name: &[u8]) -> Option<Arc<User>> {
        self.users.read().get(name).cloned()
    }

    /// All users, sorted by name.
    pub fn list(&self) -> Vec<Arc<User>> {
        self.users.read().values().cloned().collect()
    }

    /// The user of a name, if the password is right and the user is not switched off.
    pub fn authenticate(&self, name: &[u8], password: &[u8]) -> Option<Arc<User>> {
        self.find(name).filter(|user| user.rules().accepts(password))
    }

    /// Creates a user or changes one: all rules, or nothing.
    ///
    /// # Errors
    /// The whole text of ACL SETUSER's error.
    pub fn set_user(&self, name: &[u8], words: &[&[u8]]) -> Result<Changed, Vec<u8>> {
        if has_space(name) {
            return Err(b"ERR Usernames can't contain spaces or null characters".to_vec());
        }
        let has_all_channels = self.has_all_channels.load(Relaxed);
        let mut users = self.users.write();
        let known = users.get(name).cloned();
        let mut rules = match &known {
            Some(user) => Rules::clone(&user.rules()),
            None => Rules::new(has_all_channels),
        };
        rules.apply_all(words, has_all_channels).map_err(|mistake| match mistake {
            Mistake::Unmatched(word) => {
                let text = b"ERR Unmatched parenthesis in acl selector starting at '";
                [text, &word[..], b"'."].concat()
            }
            Mistake::Rule(rule, error) => {
                let text = b"ERR Error in ACL SETUSER modifier '";
                [text, &rule[..], b"': ", error.text().as_bytes()].concat()
            }
        })?;
        Ok(match known {
            Some(user) => {
                let before = Some(user.replace(Arc::new(rules)));
                Changed { user, before }
            }
            None => {
                let user = Arc::new(User::new(name, rules));
                users.insert(name.to_vec(), Arc::clone(&user));
                Changed { user, before: None }
            }
        })
    }

    /// Puts a `user` line of the configuration in force; the words begin with the name. A line
    /// about `default` replaces its rules.
    ///
    /// # Errors
    /// The rule that is wrong.
    pub fn set_configured(&self, words: &[Vec<u8>]) -> Result<(), Mistake> {
        let Some((name, rules)) = words.split_first() else { return Ok(()) };
        let has_all_channels = self.has_all_channels.load(Relaxed);
        let mut new = Rules::new(has_all_channels);
        let words: Vec<&[u8]> = rules.iter().map(Vec::as_slice).collect();
        new.apply_all(&words, has_all_channels)?;
        let mut users = self.users.write();
        match users.get(name) {
            Some(user) => drop(user.replace(Arc::new(new))),
            None => drop(users.insert(name.clone(), Arc::new(User::new(name, new)))),
        }
        Ok(())
    }

    /// Deletes a user, unless it is `default`. The caller disconnects the clients.
    pub fn delete(&self, name: &[u8]) -> Option<Arc<User>> {
        if name == DEFAULT { None } else { self.users.write().remove(name) }
    }

    /// Replaces all users by those of a file; returns what that means for connected clients.
    ///
    /// # Errors
    /// All that is wrong with the file, in Redis's words; nothing is changed.
    pub fn load(&self, path: &Path) -> Result<Loaded, Vec<u8>> {
        let mut loaded = file::read(path, self.has_all_channels.load(Relaxed))?;
        let (mut changed, mut gone) = (Vec::new(), Vec::new());
        let mut users = self.users.write();
        // The file need not mention `default`.
        loaded.entry(DEFAULT.to_vec()).or_insert_with(Rules::unrestricted);
        users.retain(|name, user| match loaded.remove(name) {
            Some(rules) => {
                let before = Some(user.replace(Arc::new(rules)));
                changed.push(Changed { user: Arc::clone(user), before });
                true
            }
            None => {
                gone.push(Arc::clone(user));
                false
            }
        });
        for (name, rules) in loaded {
            let user = Arc::new(User::new(&name, rules));
            users.insert(name, user);
        }
        Ok(Loaded { changed, gone })
    }
}

/// Checks the words of a `user` line, the name first.
///
/// # Errors
/// In Redis's words.
pub fn check_line(words: &[&[u8]]) -> Result<(), String> {
    let Some((name, rules)) = words.split_first() else { return Ok(()) };
    if has_space(name) {
        return Err("Spaces not allowed in ACL usernames".to_owned());
    }
    let shown = String::from_utf8_lossy;
    match Rules::new(false).apply_all(rules, false) {
        Ok(()) => Ok(()),
        // Redis notices this one later than the others, and in other words.
        Err(Mistake::Rule(rule, error @ RuleError::Unknown)) => Err(format!(
            "Error loading ACL rule '{}' for the user named '{}': {}",
            shown(&rule),
            shown(name),
            error.text()
        )),
        // The rule may be a password.
        Err(Mistake::Rule(rule, error))
            if rule.first().is_some_and(|sign| b"><#!".contains(sign)) =>
        {
            Err(format!("Error in user declaration '(redacted)': {}", error.text()))
        }
        Err(Mistake::Rule(rule, error)) => {
            Err(format!("Error in user declaration '{}': {}", shown(&rule), error.text()))
        }
        Err(Mistake::Unmatched(word)) => {
            Err(format!("Unmatched parenthesis in acl selector starting at '{}'.", shown(&word)))
        }
    }
}
