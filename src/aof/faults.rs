//! Fault injection: a disk that is full, fails to sync, or stops as if the machine had crashed.
//!
//! A test plans the faults; [`Disk`](super::disk::Disk) asks before every operation. A running
//! server has none.

use parking_lot::Mutex;
use std::io;

/// A kind of file operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A file or folder is created or emptied.
    Create,
    /// Bytes are written.
    Write,
    /// Space is reserved.
    Reserve,
    /// A file is synced.
    Sync,
    /// A folder is synced.
    SyncFolder,
    /// A file gets another name.
    Rename,
    /// A file is removed.
    Remove,
    /// A file is shortened.
    Truncate,
    /// A file is locked.
    Lock,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// The operation fails with this error number of the system.
    Error(i32),
    /// A write takes this many bytes at most.
    Short(usize),
}

/// "No space left on device".
pub const NO_SPACE: Fault = Fault::Error(28);
/// "Input/output error".
pub const BROKEN: Fault = Fault::Error(5);
/// "Invalid argument": the error of some file systems for an unsupported call.
pub const INVALID: Fault = Fault::Error(22);
/// "Bad file descriptor": the error of others.
pub const BAD_DESCRIPTOR: Fault = Fault::Error(9);
/// "Operation not supported".
pub const UNSUPPORTED: Fault = Fault::Error(95);
/// "No locks available".
pub const NO_LOCKS: Fault = Fault::Error(37);

/// The faults of one disk.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
    /// No file is synced while a test holds this lock.
    pub slowness: Mutex<()>,
}

#[derive(Debug, Default)]
struct Plan {
    rules: Vec<Rule>,
    /// Operations so far.
    operations: u64,
    /// From this operation on every one fails, as if the process had died.
    crash_at: Option<u64>,
}

#[derive(Debug)]
struct Rule {
    operation: Operation,
    /// Number of operations that still succeed.
    spare: u64,
    /// Number of operations that fail after them.
    count: u64,
    fault: Fault,
}

impl Faults {
    /// Lets `spare` operations of a kind succeed and the next `count` of them suffer `fault`.
    pub fn plan(&self, operation: Operation, spare: u64, count: u64, fault: Fault) {
        self.plan.lock().rules.push(Rule { operation, spare, count, fault });
    }

    /// Removes all planned faults.
    pub fn heal(&self) {
        self.plan.lock().rules.clear();
    }

    /// Lets `operations` more succeed; every later one fails.
    pub fn crash_after(&self, operations: u64) {
        let mut plan = self.plan.lock();
        plan.crash_at = Some(plan.operations + operations);
    }

    /// Operations so far.
    pub fn operations(&self) -> u64 {
        self.plan.lock().operations
    }

    /// Asks whether an operation may be done, and for how many bytes at most.
    ///
    /// # Errors
    /// The operation fails.
    pub fn permit(&self, operation: Operation) -> io::Result<usize> {
        let limit = self.count(operation)?;
        if operation == Operation::Sync {
            drop(self.slowness.lock());
        }
        Ok(limit)
    }

    /// The same without waiting for the slowness of the disk.
    fn count(&self, operation: Operation) -> io::Result<usize> {
        let mut plan = self.plan.lock();
        if plan.crash_at.is_some_and(|at| plan.operations >= at) {
            return Err(io::Error::other("crashed"));
        }
        plan.operations += 1;
        for rule in plan.rules.iter_mut().filter(|rule| rule.operation == operation) {
            if rule.spare > 0 {
                rule.spare -= 1;
            } else if rule.count > 0 {
                rule.count -= 1;
                return match rule.fault {
                    Fault::Error(number) => Err(io::Error::from_raw_os_error(number)),
                    Fault::Short(bytes) => Ok(bytes),
                };
            }
        }
        Ok(usize::MAX)
    }
}
