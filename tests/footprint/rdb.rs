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

fn blob(block: &[u8]) -> Vec<u8> {
    [b"\x80".as_slice(), &(block.len() as u32).to_be_bytes(), block].concat()
}

/// A value of an encoding whose block is an element again and again.
fn packed(number: u8, element: &[u8], len: usize) -> Vec<u8> {
    let elements = element.repeat(len);
    let block = match number {
        9 => [b"\xfe".as_slice(), &elements, b"\xff"].concat(),
        _ => listpack(&elements),
    };
    [b"REDIS0010".as_slice(), &[number], b"\x01k", &blob(&block)].concat()
}

fn listpack(elements: &[u8]) -> Vec<u8> {
    let total = (elements.len() as u32 + 7).to_le_bytes();
    [&total[..], b"\xff\xff", elements, b"\xff"].concat()
}

/// A stream with one entry of many fields.
fn wide_entry(fields: usize) -> Vec<u8> {
    let count = [b"\xf3".as_slice(), &(fields as u32).to_le_bytes(), b"\x05"].concat();
    let last = [b"\xf3".as_slice(), &(fields as u32 + 3).to_le_bytes(), b"\x05"].concat();
    let all = b"\x01\x01".repeat(fields);
    let head = [b"\x01\x01\x00\x01".as_slice(), &count, &all, b"\x00\x01"].concat();
    let entry = [b"\x02\x01\x00\x01\x00\x01".as_slice(), &all, &last].concat();
    let node = [b"\x10".as_slice(), &[0; 16], &blob(&listpack(&[head, entry].concat()))].concat();
    [b"REDIS0010\x0f\x01k\x01".as_slice(), &node, b"\x01\x00\x00\x00\xff", &[0; 8]].concat()
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
    // Packed blocks whose elements are as small as can be are walked over, not collected.
    for (number, element, len) in [(16, &b"\x01\x01"[..], 4_000_000), (9, b"\0\0\0", 2_000_000)] {
        let file = packed(number, element, len);
        let taken = peak(&file);
        assert!(taken < 2 * file.len() + FIXED_BYTES, "{number}: {taken} of {}", file.len());
    }
    let wide = wide_entry(4_000_000);
    assert!(check(&wide[..]).1.is_none(), "a sound file");
    let taken = peak(&wide);
    assert!(taken < 2 * 16_000_000 + FIXED_BYTES, "{taken} bytes for an entry of 16000000");
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
