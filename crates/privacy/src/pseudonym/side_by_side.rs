//! HMAC-SHA-256 of sixteen messages at a time, one in each lane of AVX-512's registers: half the time that a processor's
//! SHA-256 instructions take for them one after the other.
//!
//! SHA-256 by FIPS 180-4: the functions of section 4.1.2, the compression of section 6.2.2.

#![expect(clippy::inline_always, reason = "what is not inlined has no such registers")]
#![expect(clippy::many_single_char_names, reason = "the standard's names")]

use std::arch::x86_64::__m512i;

use pulp::{NullaryFnOnce, cast, x86::V4};

/// A word of sixteen messages in each register.
type Words<const COUNT: usize> = [__m512i; COUNT];

/// A processor that can.
#[derive(Clone, Copy)]
pub(super) struct SideBySide(V4);

impl SideBySide {
    /// This processor, if it can.
    pub(super) fn new() -> Option<Self> {
        V4::try_new().map(Self)
    }

    /// The HMACs of sixteen messages. `states` are those of the inner hashes before their last `blocks`, and hold the codes
    /// afterwards; `outer` is the state of the outer hash after the padded key.
    pub(super) fn hmac(self, states: &mut [[u32; 8]; 16], blocks: &[[u8; 64]; 16], outer: &[u32; 8]) {
        self.0.vectorize(Hmac { simd: self.0, states, blocks, outer });
    }
}

struct Hmac<'a> {
    simd: V4,
    states: &'a mut [[u32; 8]; 16],
    blocks: &'a [[u8; 64]; 16],
    outer: &'a [u32; 8],
}

impl NullaryFnOnce for Hmac<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, states, blocks, outer } = self;
        let mut rows = [splat(0); 16];
        for (row, state) in rows.iter_mut().zip(&*states) {
            let mut words = [0_u32; 16];
            words[..8].copy_from_slice(state);
            *row = cast(words);
        }
        let [a, b, c, d, e, f, g, h, ..] = transposed(simd, rows);
        for (row, block) in rows.iter_mut().zip(blocks) {
            *row = big_endian(simd, cast(*block));
        }
        let inner = compressed(simd, [a, b, c, d, e, f, g, h], transposed(simd, rows));

        // A block with one hash, its end and the length of it and the key's block, in bits.
        let mut words = [splat(0); 16];
        words[..8].copy_from_slice(&inner);
        words[8] = splat(0x8000_0000);
        words[15] = splat((64 + 32) * 8);
        let outer = compressed(simd, outer.map(splat), words);

        let mut words = [splat(0); 16];
        words[..8].copy_from_slice(&outer);
        for (state, row) in states.iter_mut().zip(transposed(simd, words)) {
            let row: [u32; 16] = cast(row);
            state.copy_from_slice(&row[..8]);
        }
    }
}

#[inline(always)]
fn splat(word: u32) -> __m512i {
    cast([word; 16])
}

/// The sixteen words of a block as numbers.
#[inline(always)]
fn big_endian(simd: V4, block: __m512i) -> __m512i {
    let reversed = [[0x0001_0203_u32, 0x0405_0607, 0x0809_0a0b, 0x0c0d_0e0f]; 4];
    simd.avx512bw._mm512_shuffle_epi8(block, cast(reversed))
}

/// Rows as columns: word `w` of register `r` becomes word `r` of register `w`.
#[inline(always)]
fn transposed(simd: V4, mut rows: Words<16>) -> Words<16> {
    let avx = simd.avx512f;
    // Words of two rows, then pairs of them, change places within the quarters of a register; then the quarters do.
    for pair in rows.as_chunks_mut::<2>().0 {
        let [one, two] = *pair;
        *pair = [avx._mm512_unpacklo_epi32(one, two), avx._mm512_unpackhi_epi32(one, two)];
    }
    for rows in rows.as_chunks_mut::<4>().0 {
        let [one, two, three, last] = *rows;
        *rows = [
            avx._mm512_unpacklo_epi64(one, three),
            avx._mm512_unpackhi_epi64(one, three),
            avx._mm512_unpacklo_epi64(two, last),
            avx._mm512_unpackhi_epi64(two, last),
        ];
    }
    let mut columns = rows;
    for word in 0..4 {
        let quarters = [rows[word], rows[word + 4], rows[word + 8], rows[word + 12]];
        let low = [
            avx._mm512_shuffle_i32x4::<0x44>(quarters[0], quarters[1]),
            avx._mm512_shuffle_i32x4::<0x44>(quarters[2], quarters[3]),
        ];
        let high = [
            avx._mm512_shuffle_i32x4::<0xee>(quarters[0], quarters[1]),
            avx._mm512_shuffle_i32x4::<0xee>(quarters[2], quarters[3]),
        ];
        columns[word] = avx._mm512_shuffle_i32x4::<0x88>(low[0], low[1]);
        columns[word + 4] = avx._mm512_shuffle_i32x4::<0xdd>(low[0], low[1]);
        columns[word + 8] = avx._mm512_shuffle_i32x4::<0x88>(high[0], high[1]);
        columns[word + 12] = avx._mm512_shuffle_i32x4::<0xdd>(high[0], high[1]);
    }
    columns
}

/// The states after a block of words.
#[inline(always)]
fn compressed(simd: V4, start: Words<8>, mut words: Words<16>) -> Words<8> {
    let mut state = start;
    for (part, constants) in CONSTANTS.as_chunks::<16>().0.iter().enumerate() {
        // Written out, for the words to stay in registers.
        macro_rules! rounds {
            ($($at:literal)*) => {
                if part > 0 {
                    $(words[$at] = next_word::<$at>(simd, &words);)*
                }
                $(state = round(simd, state, words[$at], constants[$at]);)*
            };
        }
        rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    }
    for (word, start) in state.iter_mut().zip(start) {
        *word = simd.avx512f._mm512_add_epi32(*word, start);
    }
    state
}

/// What takes the place of word `AT` for the next sixteen rounds.
#[inline(always)]
fn next_word<const AT: usize>(simd: V4, words: &Words<16>) -> __m512i {
    let avx = simd.avx512f;
    let (early, late) = (words[(AT + 1) % 16], words[(AT + 14) % 16]);
    let early = xor(
        simd,
        avx._mm512_ror_epi32::<7>(early),
        avx._mm512_ror_epi32::<18>(early),
        avx._mm512_srli_epi32::<3>(early),
    );
    let late = xor(
        simd,
        avx._mm512_ror_epi32::<17>(late),
        avx._mm512_ror_epi32::<19>(late),
        avx._mm512_srli_epi32::<10>(late),
    );
    avx._mm512_add_epi32(avx._mm512_add_epi32(words[AT], early), avx._mm512_add_epi32(words[(AT + 9) % 16], late))
}

#[inline(always)]
fn round(simd: V4, [a, b, c, d, e, f, g, h]: Words<8>, word: __m512i, constant: u32) -> Words<8> {
    let avx = simd.avx512f;
    let choice = avx._mm512_ternarylogic_epi32::<0xca>(e, f, g);
    let majority = avx._mm512_ternarylogic_epi32::<0xe8>(a, b, c);
    let of_e = xor(simd, avx._mm512_ror_epi32::<6>(e), avx._mm512_ror_epi32::<11>(e), avx._mm512_ror_epi32::<25>(e));
    let of_a = xor(simd, avx._mm512_ror_epi32::<2>(a), avx._mm512_ror_epi32::<13>(a), avx._mm512_ror_epi32::<22>(a));
    let first = avx._mm512_add_epi32(
        avx._mm512_add_epi32(avx._mm512_add_epi32(h, splat(constant)), word),
        avx._mm512_add_epi32(of_e, choice),
    );
    let second = avx._mm512_add_epi32(of_a, majority);
    [avx._mm512_add_epi32(first, second), a, b, c, avx._mm512_add_epi32(d, first), e, f, g]
}

#[inline(always)]
fn xor(simd: V4, one: __m512i, two: __m512i, three: __m512i) -> __m512i {
    simd.avx512f._mm512_ternarylogic_epi32::<0x96>(one, two, three)
}

/// Section 4.2.2.
const CONSTANTS: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];
