//! Tests of scores as text.

use super::*;

fn text(score: f64) -> String {
    String::from_utf8_lossy(format(score).as_bytes()).into_owned()
}

/// Ensures that scores are printed as `%.17g` prints them.
#[test]
fn scores_are_printed_as_c_does() {
    let cases = [
        (0.0, "0"),
        (-0.0, "-0"),
        (3.0, "3"),
        (-17.5, "-17.5"),
        (0.1, "0.10000000000000001"),
        (1e-4, "0.0001"),
        (1e-5, "1.0000000000000001e-05"),
        (1e16, "10000000000000000"),
        (1e17, "1e+17"),
        (123456789012345680.0, "1.2345678901234568e+17"),
        (9007199254740993.0, "9007199254740992"),
        (18014398509481984.0, "18014398509481984"),
        (1e100, "1e+100"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (5e-324, "4.9406564584124654e-324"),
        (-5e-324, "-4.9406564584124654e-324"),
        // Exactly between two decimals of 17 digits: the even one.
        (2f64.powi(-25), "2.9802322387695312e-08"),
        (3.0 * 2f64.powi(-25), "8.9406967163085938e-08"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ];
    for (score, expected) in cases {
        assert_eq!(text(score), expected);
    }
}

/// Ensures that answers have the shortest text, in the forms of Redis 7.2.
#[test]
fn answers_are_short() {
    let cases = [
        (0.1, "0.1"),
        (-17.5, "-17.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e17, "100000000000000000"),
        (1e19, "1e+19"),
        (1.5e300, "1.5e+300"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.25e-7, "1.25e-7"),
        (0.001234567890123, "0.001234567890123"),
        (1234567.12345678, "1.23456712345678e+6"),
        (1234.12345678, "1234.12345678"),
        (12345.123456, "12345.123456"),
        (-0.0, "-0"),
        (f64::INFINITY, "inf"),
        (5e-324, "5e-324"),
    ];
    for (score, expected) in cases {
        let text = shortest(score);
        assert_eq!(str::from_utf8(text.as_bytes()), Ok(expected));
    }
}

/// Ensures that scores are read as `strtod` reads them, and refused where Redis refuses them.
#[test]
fn scores_are_read_as_redis_does() {
    let least = 5e-324;
    let accepted: &[(&str, f64)] = &[
        ("1", 1.0),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("-1e3", -1000.0),
        ("0x1p3", 8.0),
        ("0x.8", 0.5),
        ("0X1.8P1", 3.0),
        ("-0x10", -16.0),
        ("inf", f64::INFINITY),
        ("+inf", f64::INFINITY),
        ("-iNfInItY", f64::NEG_INFINITY),
        ("4.9e-324", least),
        ("0X1P-1074", least),
        ("0x1.8p-1074", 2.0 * least),
        ("0x0p99999999999999999999", 0.0),
        ("0e99999", 0.0),
        ("0x1.00000000000008p0", 1.0),
        ("0x1.000000000000080000000000000001p0", 1.0 + f64::EPSILON),
        ("0x1.00000000000018p0", 1.0 + 2.0 * f64::EPSILON),
        ("0x1.fffffffffffff7p1023", f64::MAX),
    ];
    for (text, score) in accepted {
        assert_eq!(parse(text.as_bytes()), Some(*score), "{text}");
    }
    let refused = [
        "",
        " 1",
        "1 ",
        "nan",
        "-nan",
        "nan(1)",
        "1e400",
        "-1e400",
        "1e-400",
        "0x",
        "0x.p1",
        "0x1p",
        "0x1p-1075",
        "0x1p1024",
        ".",
        "+",
        "e5",
        "1e",
        "1d",
        "1_0",
        "++1",
        "infinit",
        "0x1.fffffffffffff8p1023",
        "1\0",
        "0x1..1",
        "١",
    ];
    for text in refused {
        assert_eq!(parse(text.as_bytes()), None, "{text}");
    }
}

/// Ensures that bounds are read with more patience than scores.
#[test]
fn bounds_are_read_as_redis_does() {
    let accepted: &[(&str, f64)] = &[
        ("", 0.0),
        (" \t1", 1.0),
        ("1e400", f64::INFINITY),
        ("1e-400", 0.0),
        ("1\0zz", 1.0),
        ("-inf", f64::NEG_INFINITY),
        ("0x1p1024", f64::INFINITY),
    ];
    for (text, score) in accepted {
        assert_eq!(parse_bound(text.as_bytes()), Some(*score), "{text}");
    }
    for text in ["1 ", "nan", " ", "(1", "\\x00"] {
        assert_eq!(parse_bound(text.as_bytes()), None, "{text}");
    }
}

/// Ensures that weights are read like bounds, but for what a double cannot hold.
#[test]
fn weights_are_read_as_redis_does() {
    let accepted = [("", 0.0), (" 0x10", 16.0), ("-inf", f64::NEG_INFINITY), ("0x1p-1074", 5e-324)];
    for (text, score) in accepted {
        assert_eq!(parse_weight(text.as_bytes()), Some(score), "{text}");
    }
    for text in ["1 ", "nan", "1e400", "1e-400", "4.9e-324", "1e-310"] {
        assert_eq!(parse_weight(text.as_bytes()), None, "{text}");
    }
}

/// Ensures that what is written is read again as the same score, whatever its bits are.
#[test]
fn every_score_survives() {
    let mut random = fastrand::Rng::with_seed(17);
    for _ in 0..20_000 {
        let score = f64::from_bits(random.u64(..));
        if !score.is_nan() {
            assert_eq!(parse(format(score).as_bytes()), Some(score), "{score:e}");
            assert_eq!(parse(shortest(score).as_bytes()), Some(score), "{score:e}");
        }
    }
}
