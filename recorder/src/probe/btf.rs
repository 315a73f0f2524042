//! Where fields lie in the running kernel's structures.
//!
//! Reads the type information that the kernel offers and answers two questions: at what offset a field stands, and how large a structure is.
//! It knows no field by name; it is given paths.
//! Every index is checked: a broken description gives an error, never a panic.

use std::collections::HashMap;

use super::error::ProbeError;

/// Where the kernel describes its types.
pub(super) const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

const MAGIC: u16 = 0xeb9f;
/// Bytes of a type's common part.
const COMMON: usize = 12;
/// Bytes of a member of a structure.
const MEMBER: usize = 12;
/// How deep anonymous members and typedefs may be nested.
const DEPTH_MAX: u32 = 16;

mod kind {
    pub(super) const INT: u32 = 1;
    pub(super) const ARRAY: u32 = 3;
    pub(super) const STRUCT: u32 = 4;
    pub(super) const UNION: u32 = 5;
    pub(super) const ENUM: u32 = 6;
    pub(super) const TYPEDEF: u32 = 8;
    pub(super) const VOLATILE: u32 = 9;
    pub(super) const CONST: u32 = 10;
    pub(super) const RESTRICT: u32 = 11;
    pub(super) const FUNC_PROTO: u32 = 13;
    pub(super) const VAR: u32 = 14;
    pub(super) const DATASEC: u32 = 15;
    pub(super) const DECL_TAG: u32 = 17;
    pub(super) const TYPE_TAG: u32 = 18;
    pub(super) const ENUM64: u32 = 19;
}

/// The description of the kernel's types.
pub(super) struct KernelTypes {
    data: Vec<u8>,
    /// Where each type begins, by its id.
    types: Vec<usize>,
    strings: usize,
    /// Structures by name; a name may stand for several.
    structures: HashMap<Vec<u8>, Vec<u32>>,
    /// The names of tracepoints.
    tracepoints: Vec<String>,
}

/// A type's common part.
#[derive(Clone, Copy)]
struct Type {
    at: usize,
    name: usize,
    kind: u32,
    members: usize,
    bitfields: bool,
    /// A size or another type's id.
    size_or_type: u32,
}

impl KernelTypes {
    /// The running kernel's.
    pub(super) fn of_this_kernel() -> Result<KernelTypes, ProbeError> {
        let data = std::fs::read(VMLINUX).map_err(|source| ProbeError::NoBtf {
            path: VMLINUX.into(),
            source,
        })?;
        KernelTypes::parse(data)
    }

    /// Parses a description.
    pub(super) fn parse(data: Vec<u8>) -> Result<KernelTypes, ProbeError> {
        let bad = |what| ProbeError::BadBtf { what };
        let word = |at| u32_at(&data, at).ok_or(bad("the header is cut"));
        if u16_at(&data, 0) != Some(MAGIC) {
            return Err(bad("the magic number is another"));
        }
        let header = word(4)? as usize;
        let types_at = header.saturating_add(word(8)? as usize);
        let types_end = types_at.saturating_add(word(12)? as usize);
        let strings = header.saturating_add(word(16)? as usize);
        if types_end > data.len() || strings > data.len() {
            return Err(bad("a section lies outside"));
        }
        let mut found = KernelTypes {
            data,
            types: vec![0],
            strings,
            structures: HashMap::new(),
            tracepoints: Vec::new(),
        };
        found.index(types_at, types_end)?;
        Ok(found)
    }

    fn index(&mut self, mut at: usize, end: usize) -> Result<(), ProbeError> {
        while at < end {
            let id = self.types.len() as u32;
            self.types.push(at);
            let found = self.type_at(at).ok_or(ProbeError::BadBtf {
                what: "a type is cut",
            })?;
            if matches!(found.kind, kind::STRUCT | kind::UNION) {
                let name = self.name(found.name).to_vec();
                self.structures.entry(name).or_default().push(id);
            }
            if found.kind == kind::TYPEDEF
                && let Some(name) = self.name(found.name).strip_prefix(b"btf_trace_")
            {
                let name = String::from_utf8_lossy(name).into_owned();
                self.tracepoints.push(name);
            }
            at = at.saturating_add(COMMON + tail_bytes(found));
        }
        Ok(())
    }

    /// Whether the kernel has a tracepoint of this name.
    pub(super) fn has_tracepoint(&self, name: &str) -> bool {
        self.tracepoints.iter().any(|other| other == name)
    }

    /// The offset in bytes of a field. Its path names members separated by dots; anonymous members are looked through.
    pub(super) fn offset(&self, structure: &str, path: &str) -> Option<u32> {
        let candidates = self.structures.get(structure.as_bytes())?;
        candidates.iter().find_map(|id| self.walk(*id, path))
    }

    /// The size in bytes of a structure.
    pub(super) fn size(&self, structure: &str) -> Option<u32> {
        let candidates = self.structures.get(structure.as_bytes())?;
        let first = self.by_id(*candidates.first()?)?;
        Some(first.size_or_type)
    }

    fn walk(&self, id: u32, path: &str) -> Option<u32> {
        let (mut id, mut bits) = (id, 0_u32);
        for name in path.split('.') {
            let (member, offset) = self.member(self.resolve(id)?, name.as_bytes(), DEPTH_MAX)?;
            bits = bits.checked_add(offset)?;
            id = member;
        }
        bits.is_multiple_of(8).then_some(bits / 8)
    }

    /// A member's type and its offset in bits.
    fn member(&self, of: Type, name: &[u8], depth: u32) -> Option<(u32, u32)> {
        if !matches!(of.kind, kind::STRUCT | kind::UNION) {
            return None;
        }
        let deeper = depth.checked_sub(1)?;
        for index in 0..of.members {
            let at = of.at.checked_add(COMMON + MEMBER * index)?;
            let own_name = self.name(u32_at(&self.data, at)? as usize);
            let id = u32_at(&self.data, at + 4)?;
            let raw = u32_at(&self.data, at + 8)?;
            let offset = if of.bitfields { raw & 0x00ff_ffff } else { raw };
            if own_name == name {
                return Some((id, offset));
            }
            if own_name.is_empty()
                && let Some(inner) = self.resolve(id)
                && let Some((found, behind)) = self.member(inner, name, deeper)
            {
                return Some((found, offset.checked_add(behind)?));
            }
        }
        None
    }

    /// The type behind typedefs and qualifiers.
    fn resolve(&self, mut id: u32) -> Option<Type> {
        for _ in 0..DEPTH_MAX {
            let found = self.by_id(id)?;
            match found.kind {
                kind::TYPEDEF | kind::VOLATILE | kind::CONST | kind::RESTRICT | kind::TYPE_TAG => {
                    id = found.size_or_type;
                }
                _ => return Some(found),
            }
        }
        None
    }

    fn by_id(&self, id: u32) -> Option<Type> {
        let at = *self.types.get(id as usize)?;
        if id == 0 { None } else { self.type_at(at) }
    }

    fn type_at(&self, at: usize) -> Option<Type> {
        let info = u32_at(&self.data, at + 4)?;
        Some(Type {
            at,
            name: u32_at(&self.data, at)? as usize,
            kind: info >> 24 & 0x1f,
            members: (info & 0xffff) as usize,
            bitfields: info >> 31 != 0,
            size_or_type: u32_at(&self.data, at + 8)?,
        })
    }

    fn name(&self, offset: usize) -> &[u8] {
        let start = self.strings.saturating_add(offset);
        let rest = self.data.get(start..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == 0).unwrap_or(0);
        rest.get(..end).unwrap_or_default()
    }
}

/// Bytes behind a type's common part.
fn tail_bytes(of: Type) -> usize {
    match of.kind {
        kind::INT | kind::VAR | kind::DECL_TAG => 4,
        kind::ARRAY => 12,
        kind::STRUCT | kind::UNION | kind::DATASEC | kind::ENUM64 => 12 * of.members,
        kind::ENUM | kind::FUNC_PROTO => 8 * of.members,
        _ => 0,
    }
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..at.checked_add(2)?)?;
    Some(u16::from_ne_bytes(bytes.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A description of: `int`, `struct inner { int a; int b; }`, `struct outer { int x; struct { int y; union { int z; }; }; struct inner in; int bit:1; }`, a typedef of a tracepoint.
    fn sample() -> Vec<u8> {
        let strings = b"\0int\0inner\0a\0b\0outer\0x\0y\0z\0in\0btf_trace_here\0";
        let name = |text: &str| {
            let text = [b"\0", text.as_bytes(), b"\0"].concat();
            let found = strings.windows(text.len()).position(|part| part == text);
            found.map_or(0, |at| at as u32 + 1)
        };
        let head =
            |name: u32, kind: u32, members: u32, size: u32| vec![name, kind << 24 | members, size];
        let types = [
            head(name("int"), kind::INT, 0, 4),
            vec![0],
            head(name("inner"), kind::STRUCT, 2, 8),
            vec![name("a"), 1, 0, name("b"), 1, 32],
            head(0, kind::UNION, 1, 4),
            vec![name("z"), 1, 0],
            head(0, kind::STRUCT, 2, 8),
            vec![name("y"), 1, 0, 0, 3, 32],
            head(name("outer"), kind::STRUCT, 3, 20),
            vec![name("x"), 1, 0, 0, 4, 32, name("in"), 2, 96],
            head(name("btf_trace_here"), kind::TYPEDEF, 0, 1),
        ]
        .concat();
        let type_bytes = types.len() as u32 * 4;
        let header = [
            1 << 16 | u32::from(MAGIC),
            24,
            0,
            type_bytes,
            type_bytes,
            strings.len() as u32,
        ];
        let words = header.iter().chain(&types);
        let mut data: Vec<u8> = words.flat_map(|word| word.to_ne_bytes()).collect();
        data.extend(strings);
        data
    }

    #[test]
    fn offsets_are_found_through_anonymous_members() {
        let types = KernelTypes::parse(sample()).unwrap();
        let check = |path, expected| assert_eq!(types.offset("outer", path), expected, "{path}");
        check("x", Some(0));
        check("y", Some(4));
        check("z", Some(8));
        check("in", Some(12));
        check("in.b", Some(16));
        check("in.c", None);
        check("b", None);
        assert_eq!(types.offset("other", "x"), None);
        assert_eq!(types.size("outer"), Some(20));
        assert!(types.has_tracepoint("here") && !types.has_tracepoint("there"));
    }

    #[test]
    fn a_broken_description_is_an_error_or_finds_nothing() {
        let whole = sample();
        for length in 0..whole.len() {
            if let Ok(types) = KernelTypes::parse(whole[..length].to_vec()) {
                assert!(
                    types
                        .offset("outer", "in.b")
                        .is_none_or(|offset| offset == 16)
                );
            }
        }
        for place in 0..whole.len() {
            let mut broken = whole.clone();
            broken[place] ^= 0xff;
            if let Ok(types) = KernelTypes::parse(broken) {
                let _ = (types.offset("outer", "in.b"), types.size("inner"));
            }
        }
    }
}
