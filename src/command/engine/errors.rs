//! The conversion of the keyspace's errors into replies.

use crate::error::CommandError;
use crate::keyspace::WrongType;

impl From<WrongType> for CommandError {
    fn from(_: WrongType) -> CommandError {
        CommandError::WRONG_TYPE
    }
}
