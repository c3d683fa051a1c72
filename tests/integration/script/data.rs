//! JSON, MessagePack and binary layouts in scripts: what Redis's libraries give, and what hostile
//! data must not do.

use crate::script::engine::{run, run_limited};

/// Checks that scripts end in a text that contains what is expected.
fn check(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        let result = run_limited(source.as_bytes(), 5_000_000, 32 << 20);
        assert!(result.contains(expected), "{source}\n  gives {result}\n  not {expected}");
    }
}

/// Ensures that JSON is written as cjson writes it.
#[test]
fn json_is_written_as_by_cjson() {
    check(&[
        ("return cjson.encode({1, 'a/b', true, cjson.null, {}})", r#"[1,"a\/b",true,null,{}]"#),
        ("return cjson.encode({1, 2, [10] = 4})", "[1,2,null,null,null,null,null,null,null,4]"),
        ("return cjson.encode({[1] = 1, [100] = 2})", "excessively sparse array"),
        ("cjson.encode_sparse_array(true) return cjson.encode({[100] = 2})", r#"{"100":2}"#),
        ("return cjson.encode(0/0)", "Cannot serialise number: must not be NaN or Inf"),
        ("return cjson.encode(print_ or function() end)", "nonexistent global variable 'print_'"),
        ("cjson.encode_number_precision(3) return cjson.encode(1/3)", "0.333"),
        ("return cjson.encode(1/3)", "0.33333333333333"),
    ]);
}

/// Ensures that JSON is read as cjson reads it, with its errors.
#[test]
fn json_is_read_as_by_cjson() {
    check(&[
        (r#"return cjson.decode('{"a":{"b":[1,2,{"c":"x"}]}}').a.b[3].c"#, "x"),
        (r#"return cjson.decode('["\\u00e9\\ud83d\\ude00"]')[1]"#, "é😀"),
        (
            "return cjson.decode('[1,2')",
            "Expected comma or array end but found T_END at character 5",
        ),
        (
            "return cjson.decode('{1}')",
            "Expected object key string but found T_NUMBER at character 2",
        ),
        ("return cjson.decode(('['):rep(1001))", "Found too many nested data structures (1001)"),
        ("return cjson.decode(('['):rep(1000000))", "Found too many nested data structures (1001)"),
        ("return tostring(cjson.decode('null') == cjson.null)", "true"),
        ("return tostring(cjson.decode('[0x10]')[1])", "16"),
    ]);
}

/// Ensures that deep and circular tables are refused by depth, time or memory.
#[test]
fn deep_json_ends_by_an_error() {
    check(&[
        ("local t = {} for i = 1, 1001 do t = {t} end return cjson.encode(t)", "excessive nesting"),
        ("local t = {} t[1] = t return cjson.encode(t)", "excessive nesting"),
        (
            "cjson.encode_max_depth(1e9) local t = {} t[1] = t return cjson.encode(t)",
            "not enough memory",
        ),
        (
            "cjson.decode_max_depth(1e9) return cjson.decode(('['):rep(1000000))",
            "not enough memory",
        ),
        (
            "cjson.decode_max_depth(1e9) local s = ('['):rep(1e4) .. (']'):rep(1e4) \
          return type(cjson.decode(s))",
            "table",
        ),
        ("return cjson.encode({[1e9] = 1, [2] = 2})", "excessively sparse array"),
        ("cjson.encode_sparse_array(false, 0) return cjson.encode({[1e15] = 1})", ""),
    ]);
}

/// Ensures that MessagePack is written and read as by cmsgpack.
#[test]
fn messages_are_packed_as_by_cmsgpack() {
    let hex = "local function hex(s) return (s:gsub('.', function(c) \
        return ('%02x'):format(c:byte()) end)) end ";
    for (source, expected) in [
        (
            "hex(cmsgpack.pack(1, -1, 128, 65536, 2^53, -33))",
            "01ffcc80ce00010000cf0020000000000000d0df",
        ),
        ("hex(cmsgpack.pack(1.5, 0.1))", "ca3fc00000cb3fb999999999999a"),
        ("hex(cmsgpack.pack({1, 2, 3}, {a = 1}, {}, {1, nil, 3}))", "9301020381a16101908201010303"),
        ("table.concat({cmsgpack.unpack('\\1\\2\\3')}, ',')", "1,2,3"),
        ("table.concat({cmsgpack.unpack_one('\\1\\2')}, ',')", "1,1"),
        ("table.concat({cmsgpack.unpack_limit('\\1\\2\\3', 2, 1)}, ',')", "-1,2,3"),
        ("cmsgpack.unpack('\\145')", "Missing bytes in input."),
        ("cmsgpack.unpack('\\193')", "Bad data format in input."),
    ] {
        let result = run(&format!("{hex} return {source}"));
        assert!(result.contains(expected), "{source} gives {result}");
    }
}

/// Ensures that lengths which the data only announces take no memory, and depth no stack.
#[test]
fn lying_messages_end_by_an_error() {
    check(&[
        ("return cmsgpack.unpack('\\221\\255\\255\\255\\255')", "Missing bytes"),
        ("return cmsgpack.unpack('\\223\\255\\255\\255\\255\\1')", "Missing bytes"),
        ("return cmsgpack.unpack('\\219\\255\\255\\255\\255x')", "Missing bytes"),
        ("return cmsgpack.unpack(('\\221\\255\\255\\255\\255'):rep(100000))", ""),
        ("return cmsgpack.unpack(('\\145'):rep(50000))", "Missing bytes"),
        ("return cmsgpack.unpack(('\\129'):rep(50000) .. '\\1')", "Missing bytes"),
        ("return cmsgpack.unpack('\\129\\192\\1')", "table index is nil"),
        ("return cmsgpack.unpack(('\\1'):rep(100000))", "too many return values"),
        ("local t = {} t[1] = t return #cmsgpack.pack(t)", "17"),
        ("local t = {1} for i = 1, 60 do t = {t, t} end return #cmsgpack.pack(t)", "131071"),
        ("return cmsgpack.unpack_one('x', 2^31)", "Invalid request to unpack"),
    ]);
}

/// Ensures that layouts are packed as by struct, and that sizes of 2³¹ do no harm.
#[test]
fn layouts_are_packed_as_by_struct() {
    check(&[
        ("return (struct.unpack('>I2', struct.pack('>I2', 258)))", "258"),
        ("return struct.pack('>I2i1', 24930, 98)", "abb"),
        ("return (struct.unpack('Bc0', '\\3abcd'))", "abc"),
        ("return struct.size('!8bd')", "16"),
        ("return struct.pack('i33', 1)", "integral size 33 is larger than limit of 32"),
        ("return struct.size('i2147483648')", "integral size overflow"),
        ("return struct.size('c2147483647')", "2147483647"),
        ("return struct.unpack('c2147483647', 'abc')", "data string too short"),
        ("return struct.pack('c2147483647', 'abc')", "string too short"),
        ("return struct.pack('!2147483648i', 1)", "integral size overflow"),
        ("return struct.pack('!3i', 1)", "alignment 3 is not a power of 2"),
        ("return struct.unpack('s', 'ab')", "unfinished string in data"),
        ("return struct.unpack('i4', 'abcd', -2147483648)", "data string too short"),
        ("return struct.unpack(('b'):rep(10000), ('x'):rep(10000))", "too many results"),
    ]);
}
