//! What the reader of RDB files takes, for sound files and for hostile ones.

use crate::HEAP;
use respool::limits;
use respool::rdb::check::check;

/// What the reader takes whatever the file is: its buffer, the first capacity for a long string,
/// and for a compressed one.
const FIXED_BYTES: usize = limits::RDB_READ_BYTES + limits::RDB_STRING_STEP_BYTES + 128 * 1024;

/// Bytes that were taken at most while a file was read.
fn peak(file: &[u8]) -> usize {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    drop(check(file));
    HEAP.peak_usage() - before
}

/// A file of one string without its end.
fn string(announced: u32, there: usize) -> Vec<u8> {
    let head = [b"REDIS0010\0\x01k\x80".as_slice(), &announced.to_be_bytes()].concat();
    [head, vec![b'x'; there]].concat()
}

/// An announced length takes nothing; a string that is there takes twice its length at most, while
/// it is moved to a larger block; and no change of
/// a byte makes the reader take more than twice the file.
pub fn a_reader_takes_what_arrives() {
    let len = 32 * 1024 * 1024;
    let taken = peak(&string(len as u32, len));
    assert!(taken < 2 * len + FIXED_BYTES, "{taken} bytes for a string of {len}");
    let taken = peak(&string(1 << 30, 100));
    assert!(taken < FIXED_BYTES, "{taken} bytes for a string of a hundred");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rdb");
    let mut random = fastrand::Rng::with_seed(1);
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let path = entry.expect("a file").path();
        let sound = std::fs::read(&path).expect("a file");
        for at in 9..sound.len() {
            let mut file = sound.clone();
            file[at] = random.u8(..);
            let taken = peak(&file);
            let most = 2 * file.len() + FIXED_BYTES;
            assert!(taken < most, "{}, byte {at}: {taken} bytes", path.display());
        }
    }
}
