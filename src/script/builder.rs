//! Builds an environment: Lua's libraries, and what the host adds to them.

use std::sync::Arc;

use super::env::{Env, MISSING_GLOBAL, Names, Native, RunTable, Special};
use super::interner::Interner;
use super::library;
use super::table::Table;
use super::value::{NativeId, StrId, TableId, Value};

/// Builds an [`Env`].
pub struct EnvBuilder {
    hasher: ahash::RandomState,
    strings: Interner,
    tables: Vec<Table>,
    natives: Vec<Native>,
    /// Their names, of those that have one.
    run_tables: Vec<Option<StrId>>,
    /// The only global variable that is left, if only one shall be.
    kept: Option<StrId>,
}

/// The name of the table of global variables.
const GLOBALS: TableId = TableId(0);

impl EnvBuilder {
    /// An environment with Lua's libraries as Redis has them, and nothing of the host.
    pub fn new() -> Self {
        let mut builder = Self {
            hasher: ahash::RandomState::new(),
            strings: Interner::default(),
            tables: vec![Table::default()],
            natives: Vec::new(),
            run_tables: Vec::new(),
            kept: None,
        };
        builder.set(GLOBALS, "_G", Value::Table(GLOBALS));
        builder.libraries();
        builder
    }

    /// Adds Lua's libraries.
    fn libraries(&mut self) {
        // In the order of the constants of `env`.
        self.hidden(Native::Lib(0, 0));
        self.hidden(Native::Special(Special::NextIndex));
        self.hidden(Native::Special(Special::Wrapped));
        self.hidden(Native::Lib(0, 1));
        for (at, library) in library::LIBRARIES.iter().enumerate().skip(1) {
            let table = self.library(library.name);
            for (position, (name, _)) in library.functions.iter().enumerate() {
                self.add(table, name, Native::Lib(at as u8, position as u8));
            }
        }
        for (library, name, special) in library::SPECIALS {
            let table = self.library(library);
            self.add(table, name, Native::Special(*special));
        }
        for (library, name, constant) in library::CONSTANTS {
            let table = self.library(library);
            let value = match constant {
                library::Constant::Number(n) => Value::Num(*n),
                library::Constant::Text(text) => Value::Str(self.name(text)),
                library::Constant::Null => Value::Null,
            };
            self.set(table, name, value);
        }
    }

    /// A global table with functions of the host (name and number) and constants.
    pub fn host_table(&mut self, name: &str, natives: &[(&str, u16)], numbers: &[(&str, f64)]) {
        let table = self.library(name);
        for (name, number) in natives {
            self.add(table, name, Native::Host(*number));
        }
        for (name, number) in numbers {
            self.set(table, name, Value::Num(*number));
        }
    }

    /// A constant string in a global table.
    pub fn host_text(&mut self, table: &str, name: &str, text: &str) {
        let table = self.library(table);
        let text = self.name(text);
        self.set(table, name, Value::Str(text));
    }

    /// A global function of the host.
    pub fn host_function(&mut self, name: &str, number: u16) {
        self.add(GLOBALS, name, Native::Host(number));
    }

    /// A global variable that is a new table in each run.
    pub fn run_table(&mut self, name: &str) -> RunTable {
        let id = self.name(name);
        self.run_tables.push(Some(id));
        RunTable(self.run_tables.len() as u32 - 1)
    }

    /// A table of each run that only the host knows.
    pub fn hidden_run_table(&mut self) -> RunTable {
        self.run_tables.push(None);
        RunTable(self.run_tables.len() as u32 - 1)
    }

    /// Hides all global variables but this table, whose missing fields are errors then. Strings
    /// keep their methods.
    pub fn keep_only(&mut self, name: &str) {
        self.kept = Some(self.name(name));
    }

    /// The finished environment.
    pub fn build(mut self) -> Arc<Env> {
        let names = Names::new(|text| self.name(text));
        let string_meta = self.meta_of_strings();
        let meta = self.meta_of_globals();
        if let Some(name) = self.kept {
            self.hide_others(name, meta);
        }
        let first_run_table = self.tables.len() as u32;
        for (at, name) in self.run_tables.iter().copied().enumerate() {
            let value = Value::Table(TableId(first_run_table + at as u32));
            if let Some(name) = name {
                let _ = self.tables[0].set(Value::Str(name), value, usize::MAX / 2);
            }
        }
        self.tables.iter_mut().for_each(|table| table.readonly = true);
        Arc::new(Env {
            hasher: self.hasher,
            strings: self.strings,
            natives: self.natives,
            run_tables: self.run_tables.len() as u32,
            tables: self.tables,
            string_meta,
            names,
        })
    }

    fn meta_of_strings(&mut self) -> TableId {
        let library = self.library("string");
        self.tables.push(Table::default());
        let meta = TableId(self.tables.len() as u32 - 1);
        self.set(meta, "__index", Value::Table(library));
        meta
    }

    /// A missing global variable is an error.
    fn meta_of_globals(&mut self) -> TableId {
        self.tables.push(Table::default());
        let meta = TableId(self.tables.len() as u32 - 1);
        self.set(meta, "__index", Value::Native(MISSING_GLOBAL));
        self.tables[0].metatable = Some(meta);
        meta
    }

    fn hide_others(&mut self, name: StrId, meta: TableId) {
        let kept = self.tables[0].get_str(name);
        self.tables[0] = Table { metatable: Some(meta), ..Table::default() };
        let _ = self.tables[0].set(Value::Str(name), kept, usize::MAX / 2);
        if let Value::Table(table) = kept {
            self.tables[table.0 as usize].metatable = Some(meta);
        }
    }

    /// The global table of that name, created if it is missing; the empty name means the global
    /// variables themselves.
    fn library(&mut self, name: &str) -> TableId {
        if name.is_empty() {
            return GLOBALS;
        }
        let id = self.name(name);
        if let Value::Table(table) = self.tables[0].get_str(id) {
            return table;
        }
        self.tables.push(Table::default());
        let table = TableId(self.tables.len() as u32 - 1);
        self.set(GLOBALS, name, Value::Table(table));
        table
    }

    /// Adds a function that no table contains.
    fn hidden(&mut self, native: Native) -> NativeId {
        self.natives.push(native);
        NativeId(self.natives.len() as u32 - 1)
    }

    fn add(&mut self, table: TableId, name: &str, native: Native) -> NativeId {
        let id = self.hidden(native);
        self.set(table, name, Value::Native(id));
        id
    }

    fn set(&mut self, table: TableId, name: &str, value: Value) {
        let key = Value::Str(self.name(name));
        let table = &mut self.tables[table.0 as usize];
        // Without a limit there is room.
        let _ = table.set(key, value, usize::MAX / 2);
    }

    /// Interns a name.
    fn name(&mut self, text: &str) -> StrId {
        let hash = self.hasher.hash_one(text.as_bytes());
        let found = self.strings.find(hash, text.as_bytes());
        StrId(found.unwrap_or_else(|| self.strings.insert(hash, text.as_bytes().into())))
    }
}

impl Default for EnvBuilder {
    fn default() -> Self {
        Self::new()
    }
}
