//! What Linux and macOS do differently, each in one function, so that no other file asks which
//! system it is compiled for.
//!
//! | subject | Linux | macOS |
//! |---|---|---|
//! | space for a file ahead of its end | `fallocate` | none that leaves the length alone: not supported |
//! | no signal when the other end is closed | `MSG_NOSIGNAL` | Rust's runtime ignores SIGPIPE, and sockets have `SO_NOSIGPIPE` |
//! | has the other end closed? | `POLLRDHUP` | a look at what is next to be read |
//! | sockets with a name and no file (systemd's) | yes | none |
//! | memory of the machine | `/proc/meminfo` | `sysctl hw.memsize` |
//! | figures of the process | `/proc/self` | CPU time as a whole; resident bytes are not known |
//!
//! A sync of a file needs no difference: on macOS the standard library's is `F_FULLFSYNC`, which
//! empties the disk's own buffer, too.

use rustix::net::SendFlags;
use std::fs::File;
use std::io;
use std::net::TcpStream;
use std::os::unix::net::SocketAddr;

/// Flags for sending without waiting, and without a signal.
#[cfg(target_os = "linux")]
pub const SEND_AT_ONCE: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// Flags for sending without waiting. A program of Rust ignores the signal.
#[cfg(not(target_os = "linux"))]
pub const SEND_AT_ONCE: SendFlags = SendFlags::DONTWAIT;

/// Reserves `bytes` bytes from offset `from` on, without changing the length of the file.
///
/// # Errors
/// Those of the system; "not supported" is one.
#[cfg(target_os = "linux")]
pub fn reserve(file: &File, from: u64, bytes: u64) -> io::Result<()> {
    Ok(rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, from, bytes)?)
}

/// The same where the system has no such call.
///
/// # Errors
/// Always: "not supported".
#[cfg(not(target_os = "linux"))]
pub fn reserve(_: &File, _: u64, _: u64) -> io::Result<()> {
    Err(rustix::io::Errno::NOTSUP.into())
}

/// Whether the other end has closed its direction of a connection; does not wait.
#[cfg(target_os = "linux")]
pub fn has_hung_up(stream: &TcpStream) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut descriptors = [PollFd::new(stream, PollFlags::RDHUP)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    // An error of the question tells nothing about the client.
    poll(&mut descriptors, Some(&at_once)).is_ok_and(|found| found > 0)
}

/// The same where the end is noticed only when everything before it has been read.
#[cfg(not(target_os = "linux"))]
pub fn has_hung_up(stream: &TcpStream) -> bool {
    use rustix::net::{RecvFlags, recv};
    let mut byte = [0; 1];
    recv(stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT).is_ok_and(|(len, _)| len == 0)
}

/// The address of a Unix socket that has a name and no file.
///
/// # Errors
/// The name is too long.
#[cfg(target_os = "linux")]
pub fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    SocketAddr::from_abstract_name(name)
}

/// The same where there are no such addresses.
///
/// # Errors
/// Always: "not supported".
#[cfg(not(target_os = "linux"))]
pub fn abstract_address(_: &[u8]) -> io::Result<SocketAddr> {
    Err(rustix::io::Errno::NOTSUP.into())
}

/// Bytes of memory that the machine has, if it takes another way than a file of `/proc`.
#[cfg(target_os = "macos")]
pub fn machine_bytes() -> Option<u64> {
    let output = std::process::Command::new("/usr/sbin/sysctl").args(["-n", "hw.memsize"]).output();
    String::from_utf8(output.ok()?.stdout).ok()?.trim().parse().ok()
}

/// Bytes of memory that the machine has, if it takes another way than a file of `/proc`.
#[cfg(not(target_os = "macos"))]
pub fn machine_bytes() -> Option<u64> {
    None
}

/// Microseconds of CPU time that this process has used as a whole, where the kernel does not tell
/// how much of it in which mode.
#[cfg(not(target_os = "linux"))]
pub fn cpu_us() -> Option<u64> {
    use rustix::time::{ClockId, clock_gettime};
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let whole = u64::try_from(used.tv_sec).ok()?.checked_mul(1_000_000)?;
    Some(whole + u64::try_from(used.tv_nsec).ok()? / 1_000)
}

/// Microseconds of CPU time as a whole: unknown here, because `/proc` has both parts of it.
#[cfg(target_os = "linux")]
pub fn cpu_us() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::{Shutdown, TcpListener};

    /// Ensures that the end of a connection is noticed, and that waiting bytes are none.
    #[test]
    fn hang_ups_are_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let mut client = TcpStream::connect(address).expect("a listener");
        let (server, _) = listener.accept().expect("a client");
        assert!(!has_hung_up(&server));
        client.write_all(b"x").expect("it is read");
        assert!(!has_hung_up(&server));
        let (mut idle, (other, _)) =
            (TcpStream::connect(address).expect("a listener"), listener.accept().expect("one"));
        idle.flush().expect("a socket");
        idle.shutdown(Shutdown::Write).expect("a socket");
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while !has_hung_up(&other) {
            assert!(std::time::Instant::now() < patience, "it is not noticed");
            std::thread::yield_now();
        }
    }

    /// Ensures that reserved space is no part of the file.
    #[test]
    fn reserved_space_is_not_content() {
        let file = tempfile::tempfile().expect("a file");
        // The file system may not support it.
        let _ = reserve(&file, 0, 4_096);
        assert_eq!(file.metadata().expect("a file").len(), 0);
    }
}
