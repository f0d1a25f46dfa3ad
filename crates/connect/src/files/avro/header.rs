//! The beginning of a container file: <https://avro.apache.org/docs/1.12.0/specification/#object-container-files>.

/// Length of the marker between blocks.
pub(super) const MARKER_BYTES: usize = 16;

/// No header is larger; it holds a schema.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// Where the header ends that `bytes` begins with; `None` when there must be more of it.
pub(super) fn end(bytes: &[u8]) -> Result<Option<usize>, &'static str> {
    let magic = b"Obj\x01";
    if !bytes.starts_with(&magic[..bytes.len().min(magic.len())]) {
        return Err("this is not an Avro file: it does not begin with `Obj` and 1");
    }
    Ok(walk(bytes, magic.len())?.map(|end| end + MARKER_BYTES).filter(|end| *end <= bytes.len()))
}

/// Where the map of metadata ends.
fn walk(bytes: &[u8], start: usize) -> Result<Option<usize>, &'static str> {
    const BROKEN: &str = "the file's header is broken";
    let mut position = start;
    loop {
        let Some(mut count) = long(bytes, &mut position) else { return Ok(None) };
        if count == 0 {
            return Ok(Some(position));
        }
        if count < 0 {
            // The size of the entries in bytes follows.
            count = count.checked_neg().ok_or(BROKEN)?;
            if long(bytes, &mut position).is_none() {
                return Ok(None);
            }
        }
        for _ in 0..count.checked_mul(2).ok_or(BROKEN)? {
            let Some(length) = long(bytes, &mut position) else { return Ok(None) };
            let length = usize::try_from(length).ok().filter(|length| *length <= MOST_BYTES).ok_or(BROKEN)?;
            position += length;
            if position > bytes.len() {
                return Ok(None);
            }
        }
    }
}

/// A number in the format's variable length, zig-zag; `None` when it goes on behind the bytes.
pub(super) fn long(bytes: &[u8], position: &mut usize) -> Option<i64> {
    let mut value = 0_u64;
    for (index, byte) in bytes.get(*position..)?.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7F).checked_shl(u32::try_from(index).ok()? * 7)?;
        if byte & 0x80 == 0 {
            *position += index + 1;
            return Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_zig_zag() {
        for (bytes, expected) in [
            (&[0_u8][..], Some(0)),
            (&[1], Some(-1)),
            (&[2], Some(1)),
            (&[0x80, 0x01], Some(64)),
            (&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], Some(i64::MIN)),
            (&[0x80], None),
            (&[0x80; 11], None),
        ] {
            let mut position = 0;
            assert_eq!(long(bytes, &mut position), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_header_ends_with_its_marker_and_is_waited_for() {
        let mut header = b"Obj\x01\x02\x02a\x04xy\x00".to_vec();
        header.extend([7; MARKER_BYTES]);
        for length in 0..header.len() {
            assert_eq!(end(&header[..length]), Ok(None), "{length}");
        }
        header.push(9);
        assert_eq!(end(&header), Ok(Some(header.len() - 1)));
        assert!(end(b"PAR1").is_err());
        assert!(end(b"Obj\x01\x02\x01").is_err(), "a length below zero");
    }
}
