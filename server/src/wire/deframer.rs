//! Frames one after the other in the long body of an HTTP request, each with its length before it.

use bytes::{Buf, Bytes, BytesMut};

use super::frame::MAX_FRAME;

/// The bytes of a length.
pub(super) const PREFIX: usize = 4;

/// Takes frames out of a stream of bytes, however it is cut into pieces.
#[derive(Debug, Default)]
pub struct Deframer {
    waiting: BytesMut,
}

/// A frame would be longer than any frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {length} bytes, more than {MAX_FRAME}")]
pub struct TooLong {
    /// What its length says.
    pub length: u32,
}

impl Deframer {
    /// A stream at its beginning.
    pub fn new() -> Deframer {
        Deframer::default()
    }

    /// The next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` if more bytes are needed. After an error the stream has no meaning any more.
    pub fn pop(&mut self) -> Result<Option<Bytes>, TooLong> {
        let Some(prefix) = self.waiting.first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*prefix);
        let frame_length = usize::try_from(length).unwrap_or(usize::MAX);
        if frame_length > MAX_FRAME {
            return Err(TooLong { length });
        }
        if self.waiting.len() < PREFIX + frame_length {
            return Ok(None);
        }
        self.waiting.advance(PREFIX);
        Ok(Some(self.waiting.split_to(frame_length).freeze()))
    }

    /// Whether the stream may end here: no frame has begun.
    pub fn is_between_frames(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stream(frames: &[Vec<u8>]) -> Vec<u8> {
        let prefixed = |frame: &Vec<u8>| {
            let length = u32::try_from(frame.len()).expect("a short frame");
            [&length.to_be_bytes()[..], frame].concat()
        };
        frames.iter().flat_map(prefixed).collect()
    }

    proptest! {
        /// The same frames come out however the stream is cut.
        #[test]
        fn frames_come_out_whole_however_the_stream_is_cut(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..10),
            cuts in proptest::collection::vec(1..50usize, 1..60),
        ) {
            let bytes = stream(&frames);
            let (mut deframer, mut out, mut at) = (Deframer::new(), Vec::new(), 0);
            for cut in cuts.into_iter().cycle() {
                let end = (at + cut).min(bytes.len());
                deframer.push(&bytes[at..end]);
                while let Some(frame) = deframer.pop().expect("short frames") {
                    out.push(frame.to_vec());
                }
                at = end;
                if at == bytes.len() {
                    break;
                }
            }
            prop_assert_eq!(out, frames);
            prop_assert!(deframer.is_between_frames());
        }
    }

    #[test]
    fn a_length_beyond_any_frame_is_refused_before_its_bytes_come() {
        let mut deframer = Deframer::new();
        deframer.push(&u32::MAX.to_be_bytes());
        assert_eq!(deframer.pop(), Err(TooLong { length: u32::MAX }));
    }

    #[test]
    fn the_greatest_frame_passes() {
        let mut deframer = Deframer::new();
        deframer.push(&u32::try_from(MAX_FRAME).expect("it fits").to_be_bytes());
        deframer.push(&vec![7; MAX_FRAME - 1]);
        assert_eq!(deframer.pop(), Ok(None));
        assert!(!deframer.is_between_frames());
        deframer.push(&[7]);
        assert_eq!(deframer.pop().expect("allowed").map(|frame| frame.len()), Some(MAX_FRAME));
    }
}
