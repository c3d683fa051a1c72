//! System calls that a file system may not support and that the server can do without.
//!
//! Shared folders of virtual machines, FUSE and network file systems often lack one of these: the
//! sync of a folder, advisory locks, `fallocate`, `chmod`. An operator who has such a disk wants a
//! server that runs and says what it cannot promise there, not one that refuses to start. So each
//! optional call has a static [`Optional`], which turns "not supported" into success and logs once
//! what is lost. All other errors (no space, input/output error) stay errors.

use crate::log;
use rustix::io::Errno;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// How file systems say that they do not support a call. EBADF comes from virtiofs, EINVAL from
/// VirtualBox's shared folders, ENOLCK from NFS without a lock service.
const UNSUPPORTED: [Errno; 6] =
    [Errno::INVAL, Errno::BADF, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS, Errno::NOLCK];

/// One optional call.
#[derive(Debug)]
pub struct Optional {
    /// The log line: what the server does without.
    loss: &'static str,
    /// A further error that means "not supported" for this call only.
    further: Option<Errno>,
    is_logged: AtomicBool,
}

impl Optional {
    /// A call whose absence costs what `loss` says.
    pub const fn new(loss: &'static str) -> Optional {
        Optional { loss, further: None, is_logged: AtomicBool::new(false) }
    }

    /// The same for a call that may also be refused with "operation not permitted": `chmod` on a
    /// file system without modes.
    pub const fn or_not_permitted(loss: &'static str) -> Optional {
        Optional { further: Some(Errno::PERM), ..Optional::new(loss) }
    }

    /// Passes the outcome of the call on; "not supported" becomes `None`.
    ///
    /// # Errors
    /// All other errors of the call.
    pub fn allow<T>(&self, outcome: io::Result<T>) -> io::Result<Option<T>> {
        let error = match outcome {
            Ok(value) => return Ok(Some(value)),
            Err(error) => error,
        };
        let number = Errno::from_io_error(&error);
        let is_unsupported = number
            .is_some_and(|number| UNSUPPORTED.contains(&number) || self.further == Some(number));
        if !is_unsupported {
            return Err(error);
        }
        if !self.is_logged.swap(true, Relaxed) {
            log::warning(&format!("{}: {error}", self.loss));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a call that is not supported is no error, and that every other failure is.
    #[test]
    fn only_what_is_not_supported_is_allowed() {
        static CALL: Optional = Optional::new("Test: a call is not supported");
        static CHMOD: Optional = Optional::or_not_permitted("Test: modes are not supported");
        let fails = |number: Errno| io::Result::<()>::Err(number.into());
        for number in UNSUPPORTED {
            assert!(matches!(CALL.allow(fails(number)), Ok(None)), "{number}");
        }
        for number in [Errno::IO, Errno::NOSPC, Errno::ACCESS, Errno::PERM] {
            assert!(CALL.allow(fails(number)).is_err(), "{number}");
        }
        assert!(matches!(CHMOD.allow(fails(Errno::PERM)), Ok(None)));
        assert!(matches!(CALL.allow(Ok(7)), Ok(Some(7))));
    }
}
