//! The manifest: which files make up the log, in Redis 7's own notation.
//!
//! ```text
//! file appendonly.aof.2.base.aof seq 2 type b
//! file appendonly.aof.5.incr.aof seq 5 type i
//! ```
//!
//! One *base* at most, then *increments* in the order in which they are replayed. Files of type
//! `h`, history, are not needed any more and wait to be removed.

use crate::resp::inline;
use std::fmt;

/// What the names of all files begin with: Redis's default for `appendfilename`.
pub const NAME: &str = "appendonly.aof";

/// One file of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The file's name, without a folder.
    pub name: String,
    /// Rising with every base, or every increment.
    pub sequence: u64,
}

impl Piece {
    /// The base with this number, as respool names it.
    pub fn base(sequence: u64) -> Piece {
        Piece { name: format!("{NAME}.{sequence}.base.aof"), sequence }
    }

    /// The increment with this number.
    pub fn increment(sequence: u64) -> Piece {
        Piece { name: format!("{NAME}.{sequence}.incr.aof"), sequence }
    }
}

/// Which files make up the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The data as it was at some moment; none before the first rewrite.
    pub base: Option<Piece>,
    /// What happened since, in this order.
    pub increments: Vec<Piece>,
    /// Files that are not needed any more.
    pub history: Vec<Piece>,
}

impl Manifest {
    /// Reads a manifest's text.
    ///
    /// # Errors
    /// What is wrong, and in which line.
    pub fn parse(text: &str) -> Result<Manifest, String> {
        let mut manifest = Manifest::default();
        for (at, line) in text.lines().enumerate() {
            if line.starts_with('#') {
                continue;
            }
            manifest.add(line).map_err(|reason| format!("line {}: {reason}", at + 1))?;
        }
        match manifest {
            Manifest { base: None, ref increments, .. } if increments.is_empty() => {
                Err("it names no file".to_owned())
            }
            manifest => Ok(manifest),
        }
    }

    /// Adds what one line says.
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
        let sequence = value("seq").and_then(|text| text.parse().ok());
        let piece = Piece { name, sequence: sequence.ok_or("it has no sequence number")? };
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
    pub fn next_base(&self) -> Piece {
        Piece::base(self.base.as_ref().map_or(0, |piece| piece.sequence) + 1)
    }

    /// The next increment.
    pub fn next_increment(&self) -> Piece {
        Piece::increment(self.increments.last().map_or(0, |piece| piece.sequence) + 1)
    }
}

/// The text of the file.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let history = self.history.iter().map(|piece| (piece, 'h'));
        let increments = self.increments.iter().map(|piece| (piece, 'i'));
        let base = self.base.iter().map(|piece| (piece, 'b'));
        for (Piece { name, sequence }, kind) in base.chain(history).chain(increments) {
            // A name that Redis was told to use may need its quotes.
            let is_plain = name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
            let name = if is_plain { name.clone() } else { format!("{name:?}") };
            writeln!(f, "file {name} seq {sequence} type {kind}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that what Redis writes is read, and that what is written is what was read.
    #[test]
    fn manifests_are_read_and_written() {
        let text = "file appendonly.aof.2.base.rdb seq 2 type b\n\
                    file appendonly.aof.1.incr.aof seq 1 type h\n\
                    file appendonly.aof.3.incr.aof seq 3 type i\n\
                    file \"a b.4.incr.aof\" seq 4 type i\n";
        let manifest = Manifest::parse(text).expect("a good manifest");
        assert_eq!(manifest.pieces().count(), 3);
        assert_eq!(manifest.next_base().name, "appendonly.aof.3.base.aof");
        assert_eq!(manifest.next_increment().name, "appendonly.aof.5.incr.aof");
        assert_eq!(manifest.to_string(), text);
    }

    /// Ensures that every mistake is named with its line.
    #[test]
    fn mistakes_are_named() {
        for (text, named) in [
            ("", "no file"),
            ("# nothing\n", "no file"),
            ("file a seq 1 type i\nnonsense\n", "line 2"),
            ("file a seq x type i\n", "sequence"),
            ("file a seq 1 type z\n", "type"),
            ("file ../a seq 1 type b\n", "plain name"),
            ("file a seq 2 type i\nfile b seq 1 type i\n", "above"),
            ("file a seq 1 type b\nfile b seq 2 type b\n", "second base"),
            ("file \"a seq 1 type b\n", "quotes"),
        ] {
            let error = Manifest::parse(text).expect_err(text);
            assert!(error.contains(named), "{error}");
        }
    }
}
