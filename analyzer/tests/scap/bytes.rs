//! Files made by hand, byte by byte: what a reader must understand, written without the reader's own constants.

/// A file under construction.
pub(crate) struct File(pub(crate) Vec<u8>);

impl File {
    /// A file of one section, without a machine.
    pub(crate) fn new() -> Self {
        File(Vec::new()).section()
    }

    /// Begins a section.
    pub(crate) fn section(self) -> Self {
        let body = [&0x1a2b_3c4du32.to_le_bytes()[..], &[1, 0, 2, 0], &[0xff; 8]];
        self.block(0x0a0d_0d0a, &body.concat())
    }

    /// A block with its body, padded.
    pub(crate) fn block(mut self, kind: u32, body: &[u8]) -> Self {
        let padding = body.len().next_multiple_of(4) - body.len();
        let length = (12 + body.len() + padding) as u32;
        self.0.extend(kind.to_le_bytes());
        self.0.extend(length.to_le_bytes());
        self.0.extend(body);
        self.0.extend(vec![0; padding]);
        self.0.extend(length.to_le_bytes());
        self
    }

    /// The block about a machine.
    pub(crate) fn machine(self, hostname: &str) -> Self {
        let mut name = hostname.as_bytes().to_vec();
        name.resize(128, 0);
        let numbers = [
            &4u32.to_le_bytes()[..],
            &1024u64.to_le_bytes(),
            &99u64.to_le_bytes(),
        ];
        self.block(0x201, &[&numbers.concat()[..], &name, &[0; 32]].concat())
    }

    /// An event in a block that has its count of parameters, with lengths of two bytes.
    pub(crate) fn event(self, tid: u64, code: u16, params: &[&[u8]]) -> Self {
        self.block(
            0x216,
            &[&7u16.to_le_bytes()[..], &event(tid, code, params)].concat(),
        )
    }
}

/// An event at time 1000 with its count of parameters.
pub(crate) fn event(tid: u64, code: u16, params: &[&[u8]]) -> Vec<u8> {
    let count = (params.len() as u32).to_le_bytes();
    let lengths = params
        .iter()
        .flat_map(|param| (param.len() as u16).to_le_bytes());
    let rest = [&count[..], &lengths.collect::<Vec<_>>(), &params.concat()].concat();
    raw_event(tid, code, &rest)
}

/// An event whose header is right, and behind it these bytes.
pub(crate) fn raw_event(tid: u64, code: u16, rest: &[u8]) -> Vec<u8> {
    let length = (22 + rest.len()) as u32;
    [
        &1000u64.to_le_bytes()[..],
        &tid.to_le_bytes(),
        &length.to_le_bytes(),
        &code.to_le_bytes(),
        rest,
    ]
    .concat()
}

/// A string with its length in front.
pub(crate) fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat()
}
