//! The manifest: which files make up the log, in Redis 7's own notation.
//!
//! ```text
//! file appendonly.aof.2.base.aof seq 2 type b bytes 1048576
//! file appendonly.aof.5.incr.aof seq 5 type i
//! ```
//!
//! At most one *base*, then *increments* in the order in which they are replayed. Files of type
//! `h`, history, are not needed any more and will be removed.
//!
//! `bytes` is respool's addition: the length of a file to which nothing is appended any more. It
//! shows that such a file was cut or replaced, even if the cut is between two requests and the rest
//! is readable. Redis skips keys that it does not know, and omits them when it writes the manifest;
//! then the length is not checked.

use super::format::Format;
use super::names::Names;
use crate::limits;
use crate::resp::inline;
use std::fmt;

/// One file of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The file's name, without a folder.
    pub name: String,
    /// Rising with every base, or every increment.
    pub sequence: u64,
    /// The length of the file, if it is known and final.
    pub bytes: Option<u64>,
}

/// The files of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The data at some moment; `None` before the first rewrite.
    pub base: Option<Piece>,
    /// The changes since then, in this order.
    pub increments: Vec<Piece>,
    /// Files that are not needed any more.
    pub history: Vec<Piece>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// The mistake and its line.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, String> {
        if bytes.is_empty() {
            return Err("it is empty".to_owned());
        }
        if bytes.len() > limits::AOF_MANIFEST_BYTES_MAX {
            return Err(format!("it has more than {} bytes", limits::AOF_MANIFEST_BYTES_MAX));
        }
        let text = str::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
        if !text.ends_with('\n') {
            // A line may be readable without its end, but with another meaning.
            return Err("its last line has no end: it was cut off".to_owned());
        }
        let mut manifest = Manifest::default();
        for (at, line) in text.lines().enumerate() {
            if line.starts_with('#') {
                continue;
            }
            manifest.add(line).map_err(|reason| format!("line {}: {reason}", at + 1))?;
        }
        match manifest {
            Manifest { base: None, ref increments, .. } => match increments.first() {
                None => Err("it names no file".to_owned()),
                // Increments without a base are those of a log that was never rewritten, and every
                // rewrite begins a new increment.
                Some(first) if first.sequence > 1 => Err(format!(
                    "it names no base, and {} is not the first increment: lines are missing",
                    first.name
                )),
                Some(_) => Ok(manifest),
            },
            manifest => Ok(manifest),
        }
    }

    /// Adds the content of one line.
    fn add(&mut self, line: &str) -> Result<(), String> {
        let (mut bytes, mut spans) = (Vec::new(), Vec::new());
        inline::split(line.as_bytes(), &mut bytes, &mut spans)
            .map_err(|_| "its quotes do not close".to_owned())?;
        let words: Vec<String> = spans
            .iter()
            .map(|span| &bytes[span.start as usize..][..span.len as usize])
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        let value = |key: &str| {
            words.chunks_exact(2).find(|pair| pair[0] == key).map(|pair| pair[1].as_str())
        };
        let name = value("file").ok_or("it names no file")?.to_owned();
        if name.is_empty() || name.contains('/') {
            return Err(format!("'{name}' is not a file's plain name"));
        }
        let history = self.history.iter();
        if self.pieces().chain(history).any(|piece| piece.name == name) {
            return Err(format!("it names {name} a second time"));
        }
        let number = |key| value(key).map(|text| text.parse::<u64>().map_err(|_| text));
        // Redis stores it as a signed number.
        let sequence = number("seq").and_then(Result::ok).filter(|seq| *seq < i64::MAX as u64);
        let sequence = sequence.ok_or("it has no sequence number")?;
        let bytes = number("bytes").transpose();
        let bytes = bytes.map_err(|text| format!("'{text}' is not a number of bytes"))?;
        let piece = Piece { name, sequence, bytes };
        match value("type") {
            Some("b") if self.base.is_some() => Err("it names a second base".to_owned()),
            Some("b") => {
                self.base = Some(piece);
                Ok(())
            }
            Some("h") => {
                self.history.push(piece);
                Ok(())
            }
            Some("i") if self.increments.last().is_some_and(|p| p.sequence >= piece.sequence) => {
                Err("its sequence number is not above the one before".to_owned())
            }
            Some("i") => {
                self.increments.push(piece);
                Ok(())
            }
            _ => Err("its type is none of b, i and h".to_owned()),
        }
    }

    /// The files to be replayed, in order.
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.base.iter().chain(&self.increments)
    }

    /// The next base.
    pub fn next_base(&self, names: &Names, format: Format) -> Piece {
        names.base(self.base.as_ref().map_or(0, |piece| piece.sequence) + 1, format)
    }

    /// The next increment.
    pub fn next_increment(&self, names: &Names) -> Piece {
        names.increment(self.increments.last().map_or(0, |piece| piece.sequence) + 1)
    }

    /// Whether this log is the single file of a Redis before version 7, taken over and not
    /// continued yet.
    pub fn is_single_file(&self, names: &Names) -> bool {
        self.increments.is_empty() && self.base.as_ref().is_some_and(|base| base.name == names.file)
    }
}

/// The text of the file.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let history = self.history.iter().map(|piece| (piece, 'h'));
        let increments = self.increments.iter().map(|piece| (piece, 'i'));
        let base = self.base.iter().map(|piece| (piece, 'b'));
        for (Piece { name, sequence, bytes }, kind) in base.chain(history).chain(increments) {
            // A name chosen by `appendfilename` may need quotes.
            let is_plain = name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
            let name = if is_plain { name.clone() } else { format!("{name:?}") };
            write!(f, "file {name} seq {sequence} type {kind}")?;
            match bytes {
                Some(bytes) => writeln!(f, " bytes {bytes}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that Redis's manifests are read, and that a written manifest is read as the same.
    #[test]
    fn manifests_are_read_and_written() {
        let text = "file appendonly.aof.2.base.rdb seq 2 type b bytes 70000000000\n\
                    file appendonly.aof.1.incr.aof seq 1 type h\n\
                    file appendonly.aof.3.incr.aof seq 3 type i\n\
                    file \"a b.4.incr.aof\" seq 4 type i\n";
        let (manifest, names) = (Manifest::parse(text.as_bytes()), Names::default());
        let manifest = manifest.expect("a good manifest");
        assert_eq!(manifest.pieces().count(), 3);
        let next_base = |format| manifest.next_base(&names, format).name;
        assert_eq!(next_base(Format::Requests), "appendonly.aof.3.base.aof");
        assert_eq!(next_base(Format::Snapshot), "appendonly.aof.3.base.rdb");
        assert_eq!(manifest.next_increment(&names).name, "appendonly.aof.5.incr.aof");
        assert_eq!(manifest.to_string(), text);
        let foreign = text.replace('\n', "\r\n").replace(" type", " later 7 type");
        assert_eq!(Manifest::parse(foreign.as_bytes()), Ok(manifest), "keys of a later version");
    }

    /// Ensures that every mistake is named with its line.
    #[test]
    fn mistakes_are_named() {
        for (text, named) in [
            (&b""[..], "empty"),
            (b"# nothing\n", "no file"),
            (b"file a seq 1 type i", "cut off"),
            (b"file a seq 1 type i\nnonsense\n", "line 2"),
            (b"file a seq 1 type i\n\n", "line 2"),
            (b"file a seq x type i\n", "sequence"),
            (b"file a seq 1 type z\n", "type"),
            (b"file a seq 1 type b bytes many\n", "'many'"),
            (b"file ../a seq 1 type b\n", "plain name"),
            (b"file a seq 2 type i\nfile b seq 1 type i\n", "above"),
            (b"file a seq 1 type i\nfile a seq 2 type i\n", "second time"),
            (b"file a seq 1 type b\nfile b seq 2 type b\n", "second base"),
            (b"file a seq 2 type i\n", "lines are missing"),
            (b"file \"a seq 1 type b\n", "quotes"),
            (b"\x1f\x8b\x08\0\xff", "not text"),
            (&[b'\n'; limits::AOF_MANIFEST_BYTES_MAX + 1], "more than"),
        ] {
            let error = Manifest::parse(text).expect_err(named);
            assert!(error.contains(named), "{error}");
        }
    }
}
