//! The memory limit as it is chosen: an amount, or a share of what there is.

use super::value::{Setting, Value};
use crate::system::machine::Memory;
use crate::text::units;

/// What `maxmemory` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxMemory {
    /// So many bytes; 0 is no limit.
    Bytes(u64),
    /// So many per cent of the container's limit, or of the machine's memory.
    Percent(u64),
}

/// No limit.
impl Default for MaxMemory {
    fn default() -> MaxMemory {
        MaxMemory::Bytes(0)
    }
}

impl MaxMemory {
    /// Bytes of the limit where there is as much memory as `memory` says; 0 is no limit.
    pub fn bytes(self, memory: Memory) -> u64 {
        match self {
            MaxMemory::Bytes(bytes) => bytes,
            MaxMemory::Percent(percent) => memory.bytes / 100 * percent,
        }
    }

    /// Where the number comes from, in a few words.
    pub fn origin(self, memory: Memory) -> String {
        match self {
            MaxMemory::Bytes(_) => "as configured".to_owned(),
            MaxMemory::Percent(percent) => {
                format!("{percent}% of {} {}", memory.whose, units::human(memory.bytes))
            }
        }
    }
}

impl Setting for MaxMemory {
    fn value(&self) -> Value {
        match self {
            MaxMemory::Bytes(bytes) => Setting::value(bytes),
            MaxMemory::Percent(percent) => Value::Percent(i64::try_from(*percent).unwrap_or(100)),
        }
    }

    fn of(value: Value) -> Result<MaxMemory, String> {
        match value {
            Value::Percent(percent) => Ok(MaxMemory::Percent(percent.unsigned_abs())),
            value => u64::of(value).map(MaxMemory::Bytes),
        }
    }
}

/// Reads `maxmemory`.
///
/// # Errors
/// It is neither an amount nor a share.
pub fn max_memory(text: &str) -> Result<MaxMemory, String> {
    let percent = text.strip_suffix('%').map(|number| number.parse().ok());
    match (percent, units::bytes(text)) {
        (Some(Some(percent @ 1..=100)), _) => Ok(MaxMemory::Percent(percent)),
        (None, Some(bytes)) => Ok(MaxMemory::Bytes(bytes)),
        _ => Err("argument must be a memory or percent value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that amounts and shares are read, and that a share is one of what there is.
    #[test]
    fn amounts_and_shares() {
        let memory = Memory { bytes: 1_000, whose: "the machine's", machine_bytes: 1_000 };
        for (text, bytes) in [("0", 0), ("2kb", 2_048), ("75%", 750), ("100%", 1_000)] {
            assert_eq!(max_memory(text).map(|limit| limit.bytes(memory)), Ok(bytes), "{text}");
        }
        for text in ["", "%", "0%", "101%", "-5%", "7.5%", "much"] {
            assert!(max_memory(text).is_err(), "{text}");
        }
    }
}
