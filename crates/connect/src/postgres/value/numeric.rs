//! `numeric` in its binary form.
//!
//! PostgreSQL's `numeric_send`: four 16-bit numbers (how many digits, weight of the first, sign, digits after the point to
//! show), then the digits to the base 10,000.

use super::Misfit;

/// The value times 10 to the power of `scale`, if it is that exactly and has no more than `precision` digits.
pub(crate) fn decimal(bytes: &[u8], precision: u8, scale: i8) -> Result<i128, Misfit> {
    let (head, digits) = bytes.split_first_chunk::<8>().ok_or_else(|| Misfit::broken(bytes.len()))?;
    let [c0, c1, w0, w1, s0, s1, _, _] = *head;
    let weight = i32::from(i16::from_be_bytes([w0, w1]));
    let negative = match u16::from_be_bytes([s0, s1]) {
        0x0000 => false,
        0x4000 => true,
        0xc000 | 0xd000 | 0xf000 => return Err(Misfit::not_a_number()),
        _ => return Err(Misfit::broken(bytes.len())),
    };
    if digits.len() != 2 * usize::from(u16::from_be_bytes([c0, c1])) {
        return Err(Misfit::broken(bytes.len()));
    }
    let (mut groups, rest) = digits.as_chunks::<2>();
    debug_assert!(rest.is_empty());
    while let [before @ .., [0, 0]] = groups {
        groups = before;
    }
    let Some((last, before)) = groups.split_last() else { return Ok(0) };
    let last = u64::from(u16::from_be_bytes(*last));
    // The power of ten, from the wanted scale on, of the last group.
    let count = i32::try_from(groups.len()).map_err(|_| Misfit::digits())?;
    let exponent = 4 * (weight + 1 - count) + i32::from(scale);
    let (keep, drop) = match exponent {
        0.. => (10_000, 1),
        -3..=-1 => {
            let drop = 10_u64.pow(exponent.unsigned_abs());
            (10_000 / drop, drop)
        }
        _ => return Err(Misfit::digits()),
    };
    if last % drop != 0 {
        return Err(Misfit::digits());
    }
    let value = if before.len() <= 3 {
        // Almost every number: 16 digits at most, which need no arithmetic of 128 bits.
        let front = before.iter().fold(0_u64, |value, group| value * 10_000 + u64::from(u16::from_be_bytes(*group)));
        i128::from(front * keep + last / drop)
    } else {
        let front = before.iter().try_fold(0_i128, |value, group| {
            value.checked_mul(10_000)?.checked_add(i128::from(u16::from_be_bytes(*group)))
        });
        let whole = front.and_then(|front| front.checked_mul(i128::from(keep))?.checked_add(i128::from(last / drop)));
        whole.ok_or_else(Misfit::digits)?
    };
    let value = match u32::try_from(exponent) {
        Ok(0) | Err(_) => Some(value),
        Ok(exponent) => 10_i128.checked_pow(exponent).and_then(|power| value.checked_mul(power)),
    };
    let limit = 10_i128.pow(u32::from(precision.min(38)));
    let value = value.filter(|value| *value < limit).ok_or_else(Misfit::digits)?;
    Ok(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `numeric_send` writes it.
    fn sent(weight: i16, sign: u16, groups: &[u16]) -> Vec<u8> {
        let count = u16::try_from(groups.len()).unwrap();
        let head = [count.to_be_bytes(), weight.to_be_bytes(), sign.to_be_bytes(), [0, 0]];
        head.into_iter().chain(groups.iter().map(|group| group.to_be_bytes())).flatten().collect()
    }

    #[test]
    fn exact_or_not_at_all() {
        for (weight, sign, groups, precision, scale, expected) in [
            (0, 0, &[12, 3400][..], 4, 2, Ok(1234)),
            (0, 0x4000, &[12, 3400], 4, 2, Ok(-1234)),
            (0, 0, &[12, 3400], 4, 1, Err(Misfit::digits())),
            (0, 0, &[12, 3400], 3, 2, Err(Misfit::digits())),
            (0, 0, &[], 5, 2, Ok(0)),
            (2, 0, &[1], 12, 2, Ok(10_000_000_000)),
            (-1, 0, &[5], 10, 4, Ok(5)),
            (-2, 0, &[5], 10, 4, Err(Misfit::digits())),
            (-2, 0, &[5], 10, 8, Ok(5)),
            (0, 0, &[7, 0], 3, 0, Ok(7)),
            (8, 0, &[9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9900], 38, 2, Ok(10_i128.pow(38) - 1)),
            (9, 0, &[100, 0, 0, 0, 0, 0, 0, 0, 0, 1], 38, 0, Err(Misfit::digits())),
            (0, 0xc000, &[], 5, 2, Err(Misfit::not_a_number())),
            (0, 0xf000, &[], 5, 2, Err(Misfit::not_a_number())),
            (0, 1, &[], 5, 2, Err(Misfit::broken(8))),
            (30_000, 0, &[1], 38, 2, Err(Misfit::digits())),
        ] {
            assert_eq!(decimal(&sent(weight, sign, groups), precision, scale), expected, "{weight} {groups:?} {scale}");
        }
        assert_eq!(decimal(&[0; 7], 5, 2), Err(Misfit::broken(7)));
    }
}
