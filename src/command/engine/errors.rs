//! How the keyspace's refusals become replies.

use crate::error::CommandError;
use crate::keyspace::WrongType;

impl From<WrongType> for CommandError {
    fn from(_: WrongType) -> CommandError {
        CommandError::WRONG_TYPE
    }
}
