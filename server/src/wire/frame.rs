//! The form of a frame, the same for everything that peers say.
//!
//! ```text
//! "MRF" version | cluster length, cluster | from to | boot session receiver | counter | kind | body … | MAC
//!   3      1    |       1      1 … 64     |  4   4 |  8     8       8     |    8    |   1  |       |  32
//! ```
//! Numbers are big-endian. The MAC is over all before it.

use std::fmt;
use std::str::FromStr;

use mini_raft_core::raft::NodeId;

use super::seal::BootId;
use super::secret::MAC_LENGTH;

/// The version of the frames and of what they carry.
pub const WIRE_VERSION: u8 = 1;

/// The most bytes of a body.
pub const MAX_BODY: usize = 8 << 20;

/// The most bytes of a frame: a body, a header and a code.
pub const MAX_FRAME: usize = MAX_BODY + 256;

const MAGIC: &[u8; 3] = b"MRF";
const CLUSTER_ID_MAX: usize = 64;

/// What a cluster is called: 1 to 64 letters, digits, `-`, `_` and `.`, so that two clusters never mix.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClusterId(String);

/// A text that cannot name a cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no cluster: a name is 1 to 64 letters, digits, \"-\", \"_\" or \".\"")]
pub struct BadClusterId(pub String);

impl FromStr for ClusterId {
    type Err = BadClusterId;

    fn from_str(text: &str) -> Result<ClusterId, BadClusterId> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if text.is_empty() || text.len() > CLUSTER_ID_MAX || !text.bytes().all(known) {
            return Err(BadClusterId(text.to_owned()));
        }
        Ok(ClusterId(text.to_owned()))
    }
}

impl ClusterId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A [`Hello`](super::Hello).
    Hello,
    /// A [`HelloReply`](super::HelloReply).
    HelloReply,
    /// A message of the core, in compact form.
    Message,
    /// A message of the core as JSON.
    MessageJson,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Kind::Hello => 1,
            Kind::HelloReply => 2,
            Kind::Message => 3,
            Kind::MessageJson => 4,
        }
    }

    /// The kind with this code; `None` for a code of no kind.
    pub(super) fn of_code(code: u8) -> Option<Kind> {
        [Kind::Hello, Kind::HelloReply, Kind::Message, Kind::MessageJson]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

/// All of a frame but its body and its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    pub(super) boot: BootId,
    /// The number of the hello that `receiver` answered; 0 in a hello.
    pub(super) session: u64,
    /// The life of the receiver that the frame is made for; 0 in a hello.
    pub(super) receiver: BootId,
    pub(super) counter: u64,
    /// The code of the kind, as it stands there.
    pub(super) kind: u8,
}

impl Header {
    /// A header of this kind; see the fields.
    pub(super) fn kind(kind: Kind) -> u8 {
        kind.code()
    }

    /// Writes the header behind what `bytes` holds.
    pub(super) fn write(&self, cluster: &ClusterId, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(MAGIC);
        bytes.push(WIRE_VERSION);
        bytes.push(u8::try_from(cluster.0.len()).expect("a cluster's name has at most 64 bytes"));
        bytes.extend_from_slice(cluster.0.as_bytes());
        bytes.extend_from_slice(&self.from.0.to_be_bytes());
        bytes.extend_from_slice(&self.to.0.to_be_bytes());
        bytes.extend_from_slice(&self.boot.0.to_be_bytes());
        bytes.extend_from_slice(&self.session.to_be_bytes());
        bytes.extend_from_slice(&self.receiver.0.to_be_bytes());
        bytes.extend_from_slice(&self.counter.to_be_bytes());
        bytes.push(self.kind);
    }
}

/// A frame taken apart, and not yet believed.
pub(super) struct Parts<'a> {
    /// Everything that the code is over.
    pub(super) signed: &'a [u8],
    pub(super) cluster: &'a str,
    pub(super) header: Header,
    /// Where in `signed` the body begins.
    pub(super) body_at: usize,
    pub(super) code: &'a [u8],
}

/// Why bytes cannot be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoFrame {
    /// They are of another version, which is all that one can say about them.
    Version(u8),
    /// They are no frame.
    Form,
}

/// Takes a frame apart. All that it says is unproven until the code is verified.
pub(super) fn parse(bytes: &[u8]) -> Result<Parts<'_>, NoFrame> {
    let mut reader = Reader { bytes, at: 0 };
    if &reader.array::<3>()? != MAGIC {
        return Err(NoFrame::Form);
    }
    let [version] = reader.array()?;
    if version != WIRE_VERSION {
        return Err(NoFrame::Version(version));
    }
    let [length] = reader.array()?;
    let cluster = std::str::from_utf8(reader.take(usize::from(length))?).map_err(|_| NoFrame::Form)?;
    let header = Header {
        from: NodeId(u32::from_be_bytes(reader.array()?)),
        to: NodeId(u32::from_be_bytes(reader.array()?)),
        boot: BootId(reader.number()?),
        session: reader.number()?,
        receiver: BootId(reader.number()?),
        counter: reader.number()?,
        kind: reader.array::<1>()?[0],
    };
    let signed_length = bytes.len().checked_sub(MAC_LENGTH).ok_or(NoFrame::Form)?;
    if signed_length < reader.at {
        return Err(NoFrame::Form);
    }
    let (signed, code) = bytes.split_at(signed_length);
    Ok(Parts { signed, cluster, header, body_at: reader.at, code })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], NoFrame> {
        let taken = self.bytes.get(self.at..self.at + length).ok_or(NoFrame::Form)?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NoFrame> {
        self.take(N)?.try_into().map_err(|_| NoFrame::Form)
    }

    fn number(&mut self) -> Result<u64, NoFrame> {
        self.array().map(u64::from_be_bytes)
    }
}
