//! The memory limit as it is chosen: an amount, or a share of what there is.

use crate::policy::Policy;
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

/// Reads `maxmemory-policy`.
///
/// # Errors
/// There is no such policy here.
pub fn policy(name: &str) -> Result<Policy, String> {
    Policy::from_name(name).ok_or_else(|| {
        let known = super::values::none_of(Policy::NAMES.iter().map(|(name, _)| *name));
        match name.to_ascii_lowercase().strip_suffix("-lfu") {
            Some(keys) if ["allkeys", "volatile"].contains(&keys) => format!(
                "respool knows when a key was used and not how often: there is no {name}; {known}"
            ),
            _ => known,
        }
    })
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

    /// Ensures that what goes by frequency is refused with the reason.
    #[test]
    fn policies_by_frequency_are_refused() {
        assert_eq!(policy("AllKeys-LRU"), Ok(Policy::AllKeysLru));
        let refusal = policy("allkeys-lfu").expect_err("it is not there");
        assert!(refusal.contains("not how often") && refusal.contains("allkeys-lru"), "{refusal}");
        assert!(!policy("sometimes").expect_err("it is none").contains("how often"));
    }
}
