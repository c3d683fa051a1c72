//! Libraries of functions: the scripts that belong to the data.
//!
//! A library is code that registers functions under names. It is loaded once, survives restarts in
//! the log and in snapshots, and is called by FCALL. FLUSHALL keeps it.
//!
//! The set of libraries changes only under the keyspace lock, so that the log has the same order,
//! and it is replaced as a whole (copy-on-write): a snapshot and FUNCTION LIST have one moment's
//! libraries without holding anything up.

use crate::error::CommandError;
use crate::limits;
use crate::script::Program;
use crate::shared::scripts::ScriptFlags;
use parking_lot::RwLock;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Flags of a function, in the order in which FUNCTION LIST shows them; a flag's bit is its place.
pub const FLAGS: [&str; 5] =
    ["no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"];

/// A function of a library.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name: letters, digits and underscores.
    pub name: String,
    /// What its author says of it.
    pub description: Option<Vec<u8>>,
    /// Its flags, one bit for each of [`FLAGS`].
    pub flags: u8,
}

impl Function {
    /// The names of its flags.
    pub fn flag_names(&self) -> impl Iterator<Item = &'static str> {
        let flags = self.flags;
        FLAGS.into_iter().enumerate().filter(move |(at, _)| flags >> at & 1 == 1).map(|(_, it)| it)
    }

    /// The flags that matter to a server that is no replica and in no cluster.
    pub fn script_flags(&self) -> ScriptFlags {
        let (no_writes, allow_oom) = (self.flags & 1 != 0, self.flags & 2 != 0);
        ScriptFlags { no_writes, allow_oom, are_declared: true }
    }
}

/// A library.
pub struct Library {
    /// Its name.
    pub name: String,
    /// Its source, with the first line.
    pub code: Arc<[u8]>,
    /// What is executed at each call: it registers the functions.
    pub program: Arc<Program>,
    /// The functions, in the order of registration.
    pub functions: Vec<Function>,
}

impl Library {
    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let text = |it: &Function| it.name.len() + it.description.as_ref().map_or(0, Vec::len);
        let functions: usize = self.functions.iter().map(|it| size_of_val(it) + text(it)).sum();
        size_of::<Library>() + self.code.len() + self.program.bytes() + functions
    }
}

/// All libraries at one moment.
#[derive(Default, Clone)]
pub struct Libraries {
    by_name: BTreeMap<String, Arc<Library>>,
    /// Functions by their names in lower case: the library, and the place in it.
    functions: HashMap<String, (Arc<Library>, usize), ahash::RandomState>,
    /// Bytes of all libraries.
    bytes: usize,
}

impl Libraries {
    /// All libraries, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Library>> {
        self.by_name.values()
    }

    /// The code of each library.
    pub fn codes(&self) -> Vec<Arc<[u8]>> {
        self.iter().map(|library| Arc::clone(&library.code)).collect()
    }

    /// The library of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Library>> {
        self.by_name.get(name)
    }

    /// The function of this name, in any case, and its library.
    pub fn function(&self, name: &[u8]) -> Option<(&Arc<Library>, &Function)> {
        let name = String::from_utf8(name.to_ascii_lowercase()).ok()?;
        let (library, at) = self.functions.get(&name)?;
        Some((library, &library.functions[*at]))
    }

    /// Number of libraries.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Number of functions.
    pub fn functions_len(&self) -> usize {
        self.by_name.values().map(|library| library.functions.len()).sum()
    }

    /// Bytes of all libraries.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a library, in the place of one of the same name.
    ///
    /// # Errors
    /// Another library has a function of the same name, or the libraries take too much memory. The
    /// set is of no use then.
    pub fn add(&mut self, library: &Arc<Library>) -> Result<(), CommandError> {
        self.remove(&library.name);
        for function in &library.functions {
            let name = function.name.to_ascii_lowercase();
            if self.functions.contains_key(&name) {
                return Err(format!("ERR Function {} already exists", function.name).into());
            }
        }
        for (at, function) in library.functions.iter().enumerate() {
            // Of two names that differ in case only, the first one is called.
            let name = function.name.to_ascii_lowercase();
            self.functions.entry(name).or_insert_with(|| (Arc::clone(library), at));
        }
        self.bytes += library.bytes();
        self.by_name.insert(library.name.clone(), Arc::clone(library));
        match self.bytes <= limits::FUNCTION_LIBRARIES_BYTES_MAX {
            true => Ok(()),
            false => Err(CommandError::OUT_OF_MEMORY),
        }
    }

    /// Removes a library; tells whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some(library) = self.by_name.remove(name) else { return false };
        self.functions.retain(|_, (of, _)| !Arc::ptr_eq(of, &library));
        self.bytes -= library.bytes();
        true
    }
}

/// The libraries of the server.
#[derive(Default)]
pub struct Functions {
    libraries: RwLock<Arc<Libraries>>,
}

impl Functions {
    /// The present libraries.
    pub fn current(&self) -> Arc<Libraries> {
        Arc::clone(&self.libraries.read())
    }

    /// Replaces all libraries; the caller holds the keyspace lock.
    pub fn replace(&self, libraries: Libraries) {
        let old = std::mem::replace(&mut *self.libraries.write(), Arc::new(libraries));
        drop(old);
    }
}

/// What a session has sent last, loaded before the keyspace lock was taken.
pub struct Loaded {
    /// The code, or the payload with the code of several libraries.
    pub source: Box<[u8]>,
    /// The libraries, or what is wrong with them.
    pub outcome: Result<Vec<Arc<Library>>, CommandError>,
}
