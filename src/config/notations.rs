//! Notations that no other directive shares: lists, several lines, or special rules.

use super::bind::{Bind, Port};
use super::events::Events;
use super::memory::{MaxMemory, max_memory};
use super::output_limits::OutputLimit;
use super::save::SavePoint;
use super::settings::Config;
use super::shape::{Moment, Notation};
use super::words::{amount, integer, quoted, reason};
use crate::limits;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The only word of a value that is not a list.
fn only<'a>(words: &[&'a [u8]]) -> Result<&'a [u8], String> {
    match words {
        [word] => Ok(word),
        _ => Err("wrong number of arguments".to_owned()),
    }
}

/// One line with this value; an empty one needs quotes.
fn line(value: Vec<u8>) -> Vec<Vec<u8>> {
    vec![if value.is_empty() { b"\"\"".to_vec() } else { value }]
}

/// An amount of memory as in a line.
fn bytes_text(bytes: u64) -> Vec<u8> {
    amount(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// `bind`: addresses and names of hosts.
pub static BIND: Notation = Notation {
    is_list: true,
    set: |config: &mut Config, words: &[&[u8]], _: Moment| {
        config.bind = Bind::of_words(words)?;
        Ok(())
    },
    shown: |config| config.bind.to_string().into_bytes(),
    lines: |config| line(config.bind.to_string().into_bytes()),
};

/// `port`: a number, or `any`.
pub static PORT: Notation = Notation {
    is_list: false,
    set: |config: &mut Config, words: &[&[u8]], _: Moment| {
        config.port = Port::of_word(only(words)?)?;
        Ok(())
    },
    shown: |config| config.port.to_string().into_bytes(),
    lines: |config| line(config.port.to_string().into_bytes()),
};

/// `notify-keyspace-events`: letters.
pub static EVENTS: Notation = Notation {
    is_list: false,
    set: |config: &mut Config, words, _| {
        config.notify_keyspace_events = Events::of_letters(only(words)?)?;
        Ok(())
    },
    shown: |config| config.notify_keyspace_events.letters().into_bytes(),
    lines: |config| vec![quoted(config.notify_keyspace_events.letters().as_bytes())],
};

/// `save`: pairs of seconds and changes.
pub static SAVE: Notation = Notation {
    is_list: true,
    set: set_save,
    shown: |config| save_points(config).join(&b' '),
    lines: |config| match config.save.is_empty() {
        true => line(Vec::new()),
        false => save_points(config),
    },
};

/// Reads `save`. Several lines at the start add up, the first one replacing the default; one empty
/// word removes all points.
fn set_save(config: &mut Config, words: &[&[u8]], moment: Moment) -> Result<(), String> {
    let is_reset = words == [b""];
    let mut points = SavePoint::of_words(if is_reset { &[] } else { words })?;
    if is_reset || moment != (Moment::Start { is_first: false }) {
        config.save.clear();
    }
    config.save.append(&mut points);
    Ok(())
}

fn save_points(config: &Config) -> Vec<Vec<u8>> {
    let text = |point: &SavePoint| format!("{} {}", point.seconds, point.changes).into_bytes();
    config.save.iter().map(text).collect()
}

/// `client-output-buffer-limit`: a class and three numbers, any number of times.
pub static OUTPUT_LIMITS: Notation = Notation {
    is_list: true,
    set: |config: &mut Config, words: &[&[u8]], _| config.client_output_buffer_limit.set(words),
    shown: |config| {
        let class = |(name, limit): (&str, &OutputLimit)| {
            format!("{name} {} {} {}", limit.hard_bytes, limit.soft_bytes, limit.soft_seconds)
        };
        config.client_output_buffer_limit.classes().map(class).join(" ").into_bytes()
    },
    lines: |config| {
        let class = |(name, limit): (&str, &OutputLimit)| {
            let name = if name == "slave" { "replica" } else { name };
            let (hard, soft) = (bytes_text(limit.hard_bytes), bytes_text(limit.soft_bytes));
            let seconds = limit.soft_seconds.to_string();
            [name.as_bytes(), &hard, &soft, seconds.as_bytes()].join(&b' ')
        };
        config.client_output_buffer_limit.classes().map(class).into()
    },
};

/// Reads `latency-tracking-info-percentiles`.
fn set_percentiles(config: &mut Config, words: &[&[u8]], _: Moment) -> Result<(), String> {
    let words = if words == [b""] { &[] } else { words };
    if words.len() > limits::PERCENTILES_MAX {
        return Err("too many percentiles".to_owned());
    }
    let mut percentiles = Vec::new();
    for word in words {
        let number = std::str::from_utf8(word).ok().and_then(|text| text.parse::<f64>().ok());
        let Some(number) = number.filter(|number| !number.is_nan()) else {
            return Err("Invalid latency-tracking-info-percentiles parameters".to_owned());
        };
        if !(0.0..=100.0).contains(&number) {
            return Err("latency-tracking-info-percentiles parameters should sit between \
                        [0.0,100.0]"
                .to_owned());
        }
        percentiles.push(number);
    }
    config.latency_tracking_info_percentiles = percentiles;
    Ok(())
}

fn percentiles(config: &Config) -> Vec<u8> {
    let numbers = config.latency_tracking_info_percentiles.iter();
    numbers.map(f64::to_string).collect::<Vec<_>>().join(" ").into_bytes()
}

/// The notation of `latency-tracking-info-percentiles`.
pub static PERCENTILES: Notation = Notation {
    is_list: true,
    set: set_percentiles,
    shown: percentiles,
    lines: |config| line(percentiles(config)),
};

/// Reads `oom-score-adj-values`: scores for the kernel, including those of child processes.
fn set_oom_scores(config: &mut Config, words: &[&[u8]], _: Moment) -> Result<(), String> {
    let [first, second, third] = words else { return Err("wrong number of arguments".to_owned()) };
    let score = |word: &[u8]| {
        integer(word).filter(|score| (-2000..=2000).contains(score)).ok_or_else(|| {
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.".to_owned()
        })
    };
    config.oom_score_adj_values = [score(first)?, score(second)?, score(third)?];
    Ok(())
}

fn oom_scores(config: &Config) -> Vec<u8> {
    config.oom_score_adj_values.map(|score| score.to_string()).join(" ").into_bytes()
}

/// The notation of `oom-score-adj-values`.
pub static OOM_SCORES: Notation = Notation {
    is_list: true,
    set: set_oom_scores,
    shown: oom_scores,
    lines: |config| vec![oom_scores(config)],
};

/// Reads `dir`, which is relative to the previous one, as if the server changed to it. It does not:
/// several servers in one process would share that working folder.
fn set_dir(config: &mut Config, words: &[&[u8]], _: Moment) -> Result<(), String> {
    let [word] = words else { return Err("wrong number of arguments".to_owned()) };
    let dir = config.path(Path::new(OsStr::from_bytes(word)));
    let found = fs::metadata(&dir).map_err(|error| reason(&error))?;
    if !found.is_dir() {
        return Err("Not a directory".to_owned());
    }
    // Links are resolved, as in the name of a process's working folder.
    config.dir = fs::canonicalize(&dir).unwrap_or(dir);
    Ok(())
}

/// The notation of `dir`.
pub static DIR: Notation = Notation {
    is_list: false,
    set: set_dir,
    shown: |config| config.absolute_dir().as_os_str().as_bytes().to_vec(),
    lines: |config| vec![quoted(config.absolute_dir().as_os_str().as_bytes())],
};

/// The notation of `maxmemory`: respool accepts a share, too, and shows it in bytes.
pub static MAXMEMORY: Notation = Notation {
    is_list: false,
    set: |config, words, _| match words {
        [word] => {
            config.maxmemory = max_memory(&String::from_utf8_lossy(word))?;
            Ok(())
        }
        _ => Err("wrong number of arguments".to_owned()),
    },
    shown: |config| config.limit().bytes.to_string().into_bytes(),
    lines: |config| match config.maxmemory {
        MaxMemory::Percent(percent) => vec![format!("{percent}%").into_bytes()],
        MaxMemory::Bytes(bytes) => vec![bytes_text(bytes)],
    },
};

/// Reads `hz`, which Redis clamps instead of refusing it.
fn set_hz(config: &mut Config, words: &[&[u8]], _: Moment) -> Result<(), String> {
    let [word] = words else { return Err("wrong number of arguments".to_owned()) };
    let hz = integer(word).ok_or("argument couldn't be parsed into an integer")?;
    if !(0..=i64::from(i32::MAX)).contains(&hz) {
        return Err(format!("argument must be between 0 and {} inclusive", i32::MAX));
    }
    config.hz = hz.clamp(1, 500);
    Ok(())
}

/// The notation of `hz`.
pub static HZ: Notation = Notation {
    is_list: false,
    set: set_hz,
    shown: |config| config.hz.to_string().into_bytes(),
    lines: |config| vec![config.hz.to_string().into_bytes()],
};

/// Reads `replicaof`: `no one` is the only possible master.
fn set_replicaof(_: &mut Config, words: &[&[u8]], _: Moment) -> Result<(), String> {
    match words {
        [b""] => Ok(()),
        [host, port] if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") => {
            Ok(())
        }
        [_, _] => {
            Err("respool does not replicate: it would serve other data than its master".to_owned())
        }
        _ => Err("wrong number of arguments".to_owned()),
    }
}

/// The notation of `replicaof`.
pub static REPLICAOF: Notation =
    Notation { is_list: true, set: set_replicaof, shown: |_| Vec::new(), lines: |_| Vec::new() };

/// Checks that a word can be the name of a file in `dir`.
///
/// # Errors
/// It is a path, or empty.
pub fn file_name(directive: &str, word: &[u8]) -> Result<(), String> {
    match word {
        [] => Err(format!("{directive} can't be empty")),
        _ if word.contains(&b'/') => Err(format!("{directive} can't be a path, just a filename")),
        _ => Ok(()),
    }
}
