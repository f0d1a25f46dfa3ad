//! Floating point numbers as text: the shortest digits that read back as the same number, in
//! PostgreSQL's layout (`1`, `0.1`, `1e+20`, `1e-05`, `Infinity`, `NaN`).

use std::fmt::Write as _;

pub(super) fn write_f64(value: f64, out: &mut String) {
    if write_special(value, out) {
        return;
    }
    write_scientific(&format!("{value:e}"), 15, out);
}

pub(super) fn write_f32(value: f32, out: &mut String) {
    if write_special(f64::from(value), out) {
        return;
    }
    write_scientific(&format!("{value:e}"), 6, out);
}

fn write_special(value: f64, out: &mut String) -> bool {
    let text = match value {
        value if value.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => return false,
    };
    out.push_str(text);
    true
}

/// `digits` is Rust's shortest form, `[-]d[.ddd]e[-]n`. PostgreSQL uses an exponent below -4 and from `limit` on.
fn write_scientific(digits: &str, limit: i32, out: &mut String) {
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((digits, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    out.push_str(sign);
    if exponent < -4 || exponent >= limit {
        let direction = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{direction}{:02}", exponent.abs());
        return;
    }
    let all = mantissa.replace('.', "");
    match usize::try_from(exponent + 1) {
        Ok(whole) if whole > 0 => {
            if all.len() <= whole {
                out.push_str(&all);
                out.extend(std::iter::repeat_n('0', whole - all.len()));
            } else {
                out.push_str(&all[..whole]);
                out.push('.');
                out.push_str(&all[whole..]);
            }
        }
        _ => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', usize::try_from(-1 - exponent).unwrap_or(0)));
            out.push_str(&all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_postgresql_prints_double_precision() {
        // each pair is `select x::float8::text` of PostgreSQL 15
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (123_456.789, "123456.789"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            let mut out = String::new();
            write_f64(value, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn as_postgresql_prints_real() {
        for (value, text) in [(1.0, "1"), (0.1, "0.1"), (999_999.0, "999999"), (1e6, "1e+06"), (1.25e-7, "1.25e-07")] {
            let mut out = String::new();
            write_f32(value, &mut out);
            assert_eq!(out, text);
        }
    }
}
