//! Arguments that several families use: a database, a name, a time-out.

use crate::command::engine::{Args, CommandError, Context};

/// The database in argument `index`.
pub(crate) fn database_index(
    context: &Context<'_>,
    args: Args<'_>,
    index: usize,
) -> Result<usize, CommandError> {
    let too_far = "ERR value is out of range, value must between -2147483648 and 2147483647";
    let number = i32::try_from(args.integer(index)?).map_err(|_| CommandError::new(too_far))?;
    let db = usize::try_from(number).ok();
    let db = db.filter(|db| *db < context.shared.config().databases);
    db.ok_or(CommandError::new("ERR DB index is out of range"))
}

/// A name that a client gives itself, shown by CLIENT LIST between spaces.
pub(crate) fn client_attribute(what: &str, value: &[u8]) -> Result<String, CommandError> {
    match std::str::from_utf8(value) {
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(text.to_owned()),
        _ => {
            Err(format!("ERR {what} cannot contain spaces, newlines or special characters.").into())
        }
    }
}

/// A time-out in milliseconds.
pub(crate) fn timeout_ms(text: &[u8]) -> Result<u64, CommandError> {
    let timeout = crate::resp::parse_integer(text)
        .ok_or(CommandError::new("ERR timeout is not an integer or out of range"))?;
    u64::try_from(timeout).map_err(|_| CommandError::new("ERR timeout is negative"))
}
