//! A seeded source of scripts. Most of them return a text that shows all results of a piece of
//! code, so that nothing depends on how values become replies; the others reply with values.

use super::expressions::Expressions;
use crate::random::Random;

/// Shows values: strings quoted, numbers with all digits, tables with sorted keys, and of what has
/// an address only the type.
const SHOW: &str = r"
local function show(v, d)
  local t = type(v)
  if t == 'number' then return string.format('%.17g', v) end
  if t == 'string' then return string.format('%q', v) end
  if t == 'nil' or t == 'boolean' then return tostring(v) end
  if t ~= 'table' then return t end
  if d > 4 then return '{..}' end
  local keys = {}
  for k, x in next, v do keys[#keys + 1] = show(k, d + 1) .. '=' .. show(x, d + 1) end
  table.sort(keys)
  return '{' .. table.concat(keys, ',') .. '}'
end
local function all(...)
  local out = {}
  for i = 1, select('#', ...) do out[i] = show((select(i, ...)), 0) end
  return table.concat(out, ' ')
end
";

/// Scripts of one seed.
pub struct Snippets(Random);

impl Snippets {
    /// The scripts of `seed`.
    pub fn new(seed: u64) -> Snippets {
        Snippets(Random::new(seed))
    }

    /// The next script.
    pub fn next(&mut self) -> String {
        let kind = self.0.below(16);
        let mut source = Expressions { random: &mut self.0 };
        let values = match kind {
            0 | 1 => source.any(4),
            2 => return shown(&source.block()),
            3 | 4 => source.string_call(),
            5 => source.format_call(),
            6 | 7 => source.table_call(),
            8 => source.json_call(),
            9 => source.msgpack_call(),
            10 => source.struct_call(),
            11 => source.bit_call(),
            12 => {
                let version = ["", "redis.setresp(3)"][source.random.below(2)];
                return shown(&format!("{version} return {}", source.request()));
            }
            13 => source.redis_call(),
            14 => return source.replying(),
            _ => return source.damaged(),
        };
        shown(&format!("return {values}"))
    }
}

/// A script that shows what a body returns or raises.
fn shown(body: &str) -> String {
    format!("{SHOW}return all(pcall(function()\n{body}\nend))")
}
