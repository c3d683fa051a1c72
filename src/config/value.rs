//! A value between notation and field, and the types of fields.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// A value between notation and field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    YesNo(bool),
    /// A number.
    Integer(i64),
    /// A share.
    Percent(i64),
    /// One of the words of [`super::shape::Shape::OneOf`].
    Word(&'static str),
    /// Any bytes.
    Text(Vec<u8>),
}

/// The type of a field.
pub trait Setting: Sized {
    /// The value in its directive's shape.
    fn value(&self) -> Value;

    /// The field's value.
    ///
    /// # Errors
    /// The reason why this value is not possible here.
    fn of(value: Value) -> Result<Self, String>;
}

impl Setting for bool {
    fn value(&self) -> Value {
        Value::YesNo(*self)
    }

    fn of(value: Value) -> Result<bool, String> {
        Ok(value == Value::YesNo(true))
    }
}

/// Numbers: the bounds of a row are within those of its field, which a test checks.
macro_rules! numbers {
    ($($number:ty),+) => {
        $(impl Setting for $number {
            fn value(&self) -> Value {
                Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
            }

            fn of(value: Value) -> Result<$number, String> {
                match value {
                    Value::Integer(number) => {
                        <$number>::try_from(number).map_err(|error| error.to_string())
                    }
                    _ => Err("argument couldn't be parsed into an integer".to_owned()),
                }
            }
        })+
    };
}
numbers!(i32, i64, u32, u64, usize);

impl Setting for Vec<u8> {
    fn value(&self) -> Value {
        Value::Text(self.clone())
    }

    fn of(value: Value) -> Result<Vec<u8>, String> {
        match value {
            Value::Text(text) => Ok(text),
            _ => Err("argument must be text".to_owned()),
        }
    }
}

impl Setting for PathBuf {
    fn value(&self) -> Value {
        Value::Text(self.as_os_str().as_bytes().to_vec())
    }

    fn of(value: Value) -> Result<PathBuf, String> {
        Vec::of(value).map(|bytes| OsString::from_vec(bytes).into())
    }
}

/// No path is an empty one.
impl Setting for Option<PathBuf> {
    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Text(Vec::new()), Setting::value)
    }

    fn of(value: Value) -> Result<Option<PathBuf>, String> {
        PathBuf::of(value).map(|path| Some(path).filter(|path| !path.as_os_str().is_empty()))
    }
}
