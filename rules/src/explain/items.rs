//! In which list, macro, rule or exception of a file something is written.
//!
//! In: places in rule files. Out: names of items. Files are read for it when they are first asked about, so that whoever
//! explains nothing pays nothing.

use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use super::parts::Item;
use crate::source::{SourceFile, Span};
use crate::yaml::{Node, parse_documents};

/// Most nodes of one exception that are looked at for its end; aliases may repeat a few of them as often as they like.
const MAX_NODES: usize = 1 << 16;

/// The items of the files that were asked about.
#[derive(Debug, Default)]
pub(crate) struct Items {
    files: Mutex<Vec<Arc<FileItems>>>,
}

/// The items of one file, by where they begin, in the order of the file.
#[derive(Debug)]
struct FileItems {
    file: Arc<SourceFile>,
    items: Vec<(u32, Item)>,
    /// With their ends: something else of the rule may stand behind them.
    exceptions: Vec<(u32, u32, Item)>,
}

impl Items {
    /// The item that a place is in; nothing for files that are not read as rules, such as a filter.
    pub(crate) fn of(&self, span: &Span) -> Option<Item> {
        let file = self.read(&span.file);
        let at = file
            .exceptions
            .partition_point(|(start, ..)| *start <= span.start);
        let exception = at.checked_sub(1).and_then(|at| file.exceptions.get(at));
        if let Some((_, _, item)) = exception.filter(|(_, end, _)| span.start < *end) {
            return Some(item.clone());
        }
        let at = file
            .items
            .partition_point(|(start, _)| *start <= span.start);
        let item = at.checked_sub(1).and_then(|at| file.items.get(at));
        item.map(|(_, item)| item.clone())
    }

    fn read(&self, file: &Arc<SourceFile>) -> Arc<FileItems> {
        // What a thread that panicked left behind is whole: files are only ever added.
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = files.iter().find(|known| Arc::ptr_eq(&known.file, file)) {
            return Arc::clone(known);
        }
        let read = Arc::new(FileItems::new(file));
        files.push(Arc::clone(&read));
        read
    }
}

impl FileItems {
    fn new(file: &Arc<SourceFile>) -> Self {
        let mut found = Self {
            file: Arc::clone(file),
            items: Vec::new(),
            exceptions: Vec::new(),
        };
        // A file of rules was read before without a complaint.
        let documents = parse_documents(file.text()).unwrap_or_default();
        for document in &documents {
            for node in document.sequence().unwrap_or_default() {
                found.add(node);
            }
        }
        found.items.sort_by_key(|(start, _)| *start);
        found.exceptions.sort_by_key(|(start, ..)| *start);
        found
    }

    fn add(&mut self, node: &Node) {
        let name = |key: &str| Some(node.get(key)?.text()?.to_owned());
        let item = (name("list").map(Item::List))
            .or_else(|| name("macro").map(Item::Macro))
            .or_else(|| name("rule").map(Item::Rule));
        let Some(item) = item else { return };
        if let Item::Rule(rule) = &item {
            let exceptions = node.get("exceptions").and_then(|node| node.sequence());
            for exception in exceptions.unwrap_or_default() {
                let Some(name) = exception.get("name").and_then(|name| name.text()) else {
                    continue;
                };
                let item = Item::Exception {
                    rule: rule.clone(),
                    name: name.to_owned(),
                };
                let end = end_of(exception);
                self.exceptions.push((exception.start, end, item));
            }
        }
        self.items.push((node.start, item));
    }
}

/// One past the last byte of a node, as far as its scalars tell.
fn end_of(node: &Rc<Node>) -> u32 {
    let mut open = vec![Rc::clone(node)];
    let mut end = node.end;
    let mut seen = 0;
    while let Some(node) = open.pop() {
        seen += 1;
        if seen > MAX_NODES {
            break;
        }
        end = end.max(node.end);
        open.extend(node.sequence().unwrap_or_default().iter().cloned());
        open.extend(node.entries().iter().map(|(_, value)| Rc::clone(value)));
    }
    end
}
