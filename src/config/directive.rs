//! A directive: one row of the list, and everything that its row makes possible.
//!
//! From a row come the reading of a line (of a file, of the command line, of standard input),
//! CONFIG GET, CONFIG SET and CONFIG REWRITE, `--help` and the guide's table. There is no second
//! list.
//!
//! # Adding a directive
//! Write a row in the file of its subject in `directives/`. If code reads the setting, add a field
//! to [`Config`] and name it with `at!(field)`; the field's type implements
//! [`Setting`](super::value::Setting). A directive without a field is only stored, and its row has
//! to say why that is honest: `without_effect`, `refused`. `UPDATE_README=1 make test` renews the
//! guide.

use super::settings::Config;
use super::shape::{self, Moment, Shape};
use super::value::Value;

/// One directive.
pub struct Directive {
    /// Redis's name; in lower case.
    pub name: &'static str,
    /// An older name that means the same.
    pub alias: Option<&'static str>,
    /// The type of the value, with its bounds.
    pub shape: Shape,
    /// The value without any line, in the notation of a line.
    pub default: &'static str,
    /// Where the value is kept; without a field it is stored by name.
    pub field: Option<Field>,
    /// What it does here.
    pub effect: Effect,
    /// Whether CONFIG SET may change it.
    pub change: Change,
    /// Whether the value must not be repeated in an error or a log line.
    pub is_secret: bool,
    /// What it means: one line for the help and the guide.
    pub doc: &'static str,
}

/// How a value is read from the configuration and written to it.
#[derive(Clone, Copy)]
pub struct Field {
    /// Reads it.
    pub get: fn(&Config) -> Value,
    /// Replaces it; the error says why this value cannot be had.
    pub set: fn(&mut Config, Value) -> Result<(), String>,
}

/// What a directive does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// What Redis's documentation says.
    Honoured,
    /// It is accepted and shown, and changes nothing, for this reason. A value other than the
    /// default is named in one line at the start.
    Nothing(&'static str),
    /// Only the default is accepted: any other value would be a false promise, for this reason.
    Refused(&'static str),
}

/// What CONFIG SET may do with a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing; it is in force from the start to the end.
    Immutable,
    /// Change it, if `enable-protected-configs` allows it: it names a file that is written.
    Protected,
    /// Change it.
    Settable,
}

/// The field of a directive, by its name.
macro_rules! at {
    ($name:ident) => {
        crate::config::directive::Field {
            get: |config| crate::config::value::Setting::value(&config.$name),
            set: |config, value| {
                config.$name = crate::config::value::Setting::of(value)?;
                Ok(())
            },
        }
    };
}
pub(super) use at;

impl Directive {
    /// A directive that is honoured, and in force from the start to the end.
    pub const fn new(
        name: &'static str,
        shape: Shape,
        default: &'static str,
        doc: &'static str,
    ) -> Directive {
        Directive {
            name,
            alias: None,
            shape,
            default,
            field: None,
            effect: Effect::Honoured,
            change: Change::Immutable,
            is_secret: false,
            doc,
        }
    }

    /// Names the field.
    pub const fn at(self, field: Field) -> Directive {
        Directive { field: Some(field), ..self }
    }

    /// Adds an older name.
    pub const fn alias(self, alias: &'static str) -> Directive {
        Directive { alias: Some(alias), ..self }
    }

    /// Lets CONFIG SET change it.
    pub const fn settable(self) -> Directive {
        Directive { change: Change::Settable, ..self }
    }

    /// Lets CONFIG SET change it if protected directives may be changed.
    pub const fn protected(self) -> Directive {
        Directive { change: Change::Protected, ..self }
    }

    /// Says that it changes nothing here, and why.
    pub const fn without_effect(self, why: &'static str) -> Directive {
        Directive { effect: Effect::Nothing(why), ..self }
    }

    /// Says that only the default is accepted, and why.
    pub const fn refused(self, why: &'static str) -> Directive {
        Directive { effect: Effect::Refused(why), ..self }
    }

    /// Hides the value.
    pub const fn secret(self) -> Directive {
        Directive { is_secret: true, ..self }
    }

    /// Whether `name` means this directive, in any case.
    pub fn is_called(&self, name: &[u8]) -> bool {
        let is = |own: &str| own.as_bytes().eq_ignore_ascii_case(name);
        is(self.name) || self.alias.is_some_and(is)
    }

    /// The one of its names that `name` means.
    pub fn called(&self, name: &[u8]) -> &'static str {
        let is_alias = |alias: &&str| alias.as_bytes().eq_ignore_ascii_case(name);
        self.alias.filter(is_alias).unwrap_or(self.name)
    }

    /// Whether the value consists of several words.
    pub fn is_list(&self) -> bool {
        match &self.shape {
            Shape::SomeOf(_) => true,
            Shape::Own(notation) => notation.is_list,
            _ => false,
        }
    }

    /// Puts a value into a configuration.
    ///
    /// # Errors
    /// In Redis's words, without the directive's name. The configuration may be changed.
    pub fn set(&self, config: &mut Config, words: &[&[u8]], moment: Moment) -> Result<(), String> {
        self.put(config, words, moment)?;
        match self.effect {
            Effect::Refused(why) if !self.is_default(config) => Err(why.to_owned()),
            _ => Ok(()),
        }
    }

    /// The part of [`Directive::set`] that the defaults are put in with.
    fn put(&self, config: &mut Config, words: &[&[u8]], moment: Moment) -> Result<(), String> {
        match (&self.shape, words) {
            (Shape::Own(notation), _) => (notation.set)(config, words, moment),
            (Shape::SomeOf(known), _) => self.store(config, shape::some_of(known, words)?),
            (shape, [word]) => self.store(config, shape::read(shape, word)?),
            _ => Err("wrong number of arguments".to_owned()),
        }
    }

    /// Puts the default into a configuration.
    pub fn put_default(&self, config: &mut Config) {
        // Lists are given as they would be in a line.
        let words: Vec<&[u8]> = match self.is_list() && !self.default.is_empty() {
            true => self.default.split(' ').map(str::as_bytes).collect(),
            false => vec![self.default.as_bytes()],
        };
        let put = self.put(config, &words, Moment::Running);
        debug_assert!(put.is_ok(), "the default of {}: {put:?}", self.name);
    }

    fn store(&self, config: &mut Config, value: Value) -> Result<(), String> {
        match self.field {
            Some(field) => (field.set)(config, value),
            None => {
                config.stored.insert(self.name, value);
                Ok(())
            }
        }
    }

    fn value(&self, config: &Config) -> Value {
        match (self.field, config.stored.get(self.name)) {
            (Some(field), _) => (field.get)(config),
            (None, Some(value)) => value.clone(),
            // A configuration without defaults is only seen while the defaults are put in.
            (None, None) => Value::Text(Vec::new()),
        }
    }

    /// The value as CONFIG GET shows it.
    pub fn shown(&self, config: &Config) -> Vec<u8> {
        match &self.shape {
            Shape::Own(notation) => (notation.shown)(config),
            shape => shape::shown(shape, &self.value(config)),
        }
    }

    /// The lines of a file that give a directive this value; none if that takes no line.
    pub fn lines(&self, config: &Config) -> Vec<Vec<u8>> {
        let values = match &self.shape {
            Shape::Own(notation) => (notation.lines)(config),
            shape => vec![shape::written(shape, &self.value(config))],
        };
        let name = |value: Vec<u8>| [self.name.as_bytes(), b" ", &value].concat();
        values.into_iter().map(name).collect()
    }

    /// Whether the value is that of a server which was started without any line.
    pub fn is_default(&self, config: &Config) -> bool {
        let mut fresh = Config::default();
        self.put_default(&mut fresh);
        self.lines(config) == self.lines(&fresh)
    }
}
