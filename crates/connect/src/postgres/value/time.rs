//! Dates and times in their binary form: days and microseconds since 2000-01-01.

use super::Misfit;

/// From 1970-01-01 to 2000-01-01.
const DAYS: i32 = 10_957;
const MICROS: i64 = 946_684_800_000_000;
pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;

/// 0001-01-01 and 9999-12-31 as days since 1970: beyond them, most programs cannot go.
pub(crate) const FIRST_DAY: i32 = -719_162;
pub(crate) const LAST_DAY: i32 = 2_932_896;

/// The first and last microsecond of these days.
pub(crate) const FIRST_MICRO: i64 = FIRST_DAY as i64 * MICROS_PER_DAY;
pub(crate) const LAST_MICRO: i64 = (LAST_DAY as i64 + 1) * MICROS_PER_DAY - 1;

/// Days since 1970, and whether it was infinity.
pub(crate) fn date(bytes: &[u8]) -> Result<(i32, bool), Misfit> {
    let days = i32::from_be_bytes(bytes.try_into().map_err(|_| Misfit::broken(bytes.len()))?);
    match days {
        i32::MAX => Ok((LAST_DAY, true)),
        i32::MIN => Ok((FIRST_DAY, true)),
        days => match days.checked_add(DAYS) {
            Some(days @ FIRST_DAY..=LAST_DAY) => Ok((days, false)),
            _ => Err(Misfit::year()),
        },
    }
}

/// Microseconds since 1970, and whether it was infinity.
pub(crate) fn timestamp(bytes: &[u8]) -> Result<(i64, bool), Misfit> {
    let micros = i64::from_be_bytes(bytes.try_into().map_err(|_| Misfit::broken(bytes.len()))?);
    match micros {
        i64::MAX => Ok((LAST_MICRO, true)),
        i64::MIN => Ok((FIRST_MICRO, true)),
        micros => match micros.checked_add(MICROS) {
            Some(micros @ FIRST_MICRO..=LAST_MICRO) => Ok((micros, false)),
            _ => Err(Misfit::year()),
        },
    }
}

/// Microseconds since midnight.
pub(crate) fn time(bytes: &[u8]) -> Result<i64, Misfit> {
    let micros = i64::from_be_bytes(bytes.try_into().map_err(|_| Misfit::broken(bytes.len()))?);
    match micros {
        0..MICROS_PER_DAY => Ok(micros),
        MICROS_PER_DAY => Err(Misfit::midnight()),
        _ => Err(Misfit::broken(bytes.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_years_1_to_9999() {
        let day = |text: &str| {
            let epoch: chrono::NaiveDate = "1970-01-01".parse().unwrap();
            let day: chrono::NaiveDate = text.parse().unwrap();
            i32::try_from((day - epoch).num_days()).unwrap()
        };
        assert_eq!((FIRST_DAY, LAST_DAY), (day("0001-01-01"), day("9999-12-31")));
        assert_eq!(i64::from(day("2000-01-01")) * MICROS_PER_DAY, MICROS);
        assert_eq!(date(&(LAST_DAY - DAYS).to_be_bytes()), Ok((LAST_DAY, false)));
        assert_eq!(date(&(LAST_DAY - DAYS + 1).to_be_bytes()), Err(Misfit::year()));
        assert_eq!(date(&i32::MAX.to_be_bytes()), Ok((LAST_DAY, true)));
        assert_eq!(timestamp(&(i64::MAX - 1).to_be_bytes()), Err(Misfit::year()));
        assert_eq!(timestamp(&i64::MIN.to_be_bytes()), Ok((FIRST_MICRO, true)));
        assert_eq!(time(&MICROS_PER_DAY.to_be_bytes()), Err(Misfit::midnight()));
    }
}
