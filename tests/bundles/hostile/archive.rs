//! What is wrong with the archive itself.
//!
//! Knows nothing of what files hold.

use tar::EntryType;

use super::{
    super::forge::{Entry, Forge, changed, head, pack},
    Hostile,
};

pub(super) fn all(good: &[u8]) -> Vec<Hostile> {
    [paths(good), kinds(good), names(good), heads(good), bombs(good), damage(good)]
        .into_iter()
        .flatten()
        .collect()
}

/// Paths that lead out, or to where nothing of a bundle is.
const PATHS: [&str; 16] = [
    "/etc/acai-evil",
    "../evil",
    "../../evil",
    "datasets/../../evil",
    "store/objects/../../../evil",
    "./pipeline.ron",
    "pipeline.ron/evil",
    "datasets//evil.ron",
    "..\\evil",
    "C:\\evil",
    "croissant/evil.exe",
    "datasets/\u{301}.ron",
    ".evil",
    "store/seals/evil",
    "store/objects/evil.h5",
    "zzz",
];

fn paths(good: &[u8]) -> Vec<Hostile> {
    let listed = PATHS.iter().map(|path| {
        let mut forge = Forge::read(good);
        forge.add(Entry::new(path, b"evil"));
        let says = format!("`{}` is no path of a bundle", path.escape_debug());
        Hostile::new(format!("{path} in manifest and archive"), says, forge.write())
    });
    let hidden = PATHS.iter().enumerate().map(|(number, path)| {
        let mut forge = Forge::read(good);
        let place = number % forge.entries.len();
        let entry = &mut forge.entries[place];
        entry.head = Some(head(path, entry.data.len() as u64));
        let says = format!("entry {} of its archive: ", place + 2);
        Hostile::new(format!("{path} in the archive alone"), says, forge.write())
    });
    listed.chain(hidden).collect()
}

/// What is no file.
fn kinds(good: &[u8]) -> Vec<Hostile> {
    let kinds = [
        (EntryType::Symlink, "is a link"),
        (EntryType::Link, "is a link"),
        (EntryType::Directory, "is a folder"),
        (EntryType::Char, "is a device"),
        (EntryType::Block, "is a device"),
        (EntryType::Fifo, "is a pipe"),
        (EntryType::GNULongName, "is an extension of tar"),
        (EntryType::GNULongLink, "is an extension of tar"),
        (EntryType::GNUSparse, "is an extension of tar"),
        (EntryType::XHeader, "is an extension of tar"),
        (EntryType::XGlobalHeader, "is an extension of tar"),
        (EntryType::Continuous, "is not written as acai-pipe writes it"),
    ];
    let mut all = Vec::new();
    for (kind, says) in kinds {
        for is_last in [false, true] {
            let mut forge = Forge::read(good);
            let place = if is_last { forge.entries.len() - 1 } else { 0 };
            let entry = &mut forge.entries[place];
            entry.head = Some(changed(&entry.honest_head(), |head| {
                head.set_entry_type(kind);
                head.set_link_name("../../evil").unwrap();
            }));
            all.push(Hostile::new(format!("{kind:?} at {place}"), says, forge.write()));
        }
    }
    all
}

/// Names that come twice.
fn names(good: &[u8]) -> Vec<Hostile> {
    let twice = |path: &str| {
        let mut forge = Forge::read(good);
        forge.add(Entry::new(path, b"evil"));
        forge
    };
    let mut unlisted = Forge::read(good);
    let again = unlisted.entries[0].clone();
    unlisted.tail = [again.honest_head().to_vec(), vec![0; 1_024]].concat();
    let mut swapped = Forge::read(good);
    swapped.entries.swap(0, 1);
    vec![
        Hostile::new(
            "twice in both",
            "`pipeline.ron` is there twice",
            twice("pipeline.ron").write(),
        ),
        Hostile::new(
            "but for case",
            "`croissant/LINES.json` and `croissant/lines.json` are one file on some systems",
            twice("croissant/LINES.json").write(),
        ),
        Hostile::new("twice in the archive", "it is not in the manifest", unlisted.write()),
        Hostile::new("out of order", "is out of order", swapped.write()),
    ]
}

/// Heads that tar would read and acai-pipe never writes.
fn heads(good: &[u8]) -> Vec<Hostile> {
    let odd = "is not written as acai-pipe writes it";
    let with = |what: &str, says: &str, change: &dyn Fn(&mut tar::Header)| {
        let mut forge = Forge::read(good);
        let entry = &mut forge.entries[1];
        entry.head = Some(changed(&entry.honest_head(), change));
        Hostile::new(what, says, forge.write())
    };
    let mut wrong_sum = Forge::read(good);
    let mut head = wrong_sum.entries[1].honest_head();
    head[150] ^= 1;
    wrong_sum.entries[1].head = Some(head);
    vec![
        with("set-uid", odd, &|head| head.set_mode(0o4755)),
        with("an owner", odd, &|head| head.set_uid(1_000)),
        with("a time", odd, &|head| head.set_mtime(1)),
        with("a target", odd, &|head| head.set_link_name("evil").unwrap()),
        with("rubbish behind", odd, &|head| head.as_mut_bytes()[511] = 1),
        with("more than listed", "bytes there and", &|head| head.set_size(1 << 40)),
        with("less than listed", "bytes there and", &|head| head.set_size(1)),
        with("a huge length", "", &|head| head.as_mut_bytes()[124] = 0xff),
        with("no length", "its head cannot be read", &|head| {
            head.as_mut_bytes()[124..136].fill(b'x');
        }),
        Hostile::new("a wrong checksum", odd, wrong_sum.write()),
    ]
}

/// Much from little.
fn bombs(good: &[u8]) -> Vec<Hostile> {
    let object = format!("store/objects/{}.h5", "0".repeat(64));
    let with_line = |path: &str, size: u64| {
        let mut forge = Forge::read(good);
        let line = format!("{} {size} {path}", "0".repeat(64));
        let entry =
            Entry { line: Some(line), head: Some(head(path, size)), ..Entry::new(path, b"") };
        forge.remove(path);
        forge.add(entry);
        forge.write()
    };
    let mut manifest = Forge::read(good);
    manifest.head = Some(head("MANIFEST", 1 << 40));
    let mut behind = Forge::read(good);
    behind.tail = vec![0; 200 << 20];
    let mut twice = good.to_vec();
    twice.extend(good);
    let mut wide = Forge::read(good);
    // A window is no wider than what there is to compress.
    wide.entries[0].data = vec![0; 160 << 20];
    let wide = pack(&wide.archive(), 27);
    let mut long = Forge::read(good);
    for entry in &mut long.entries {
        entry.line = Some(format!("{}{}", entry.honest_line(), " ".repeat(1 << 17)));
    }
    vec![
        Hostile::new("a tebibyte", "it says it unpacks to 1.1 TB", with_line(&object, 1 << 40)),
        Hostile::new("all there is", "it says it unpacks to", with_line(&object, u64::MAX)),
        Hostile::new("a long page", "and has at most", with_line("report.html", 2 << 30)),
        Hostile::new("a long text", "and has at most", with_line("pipeline.ron", 1 << 30)),
        Hostile::new("a long manifest", "it does not begin with a manifest", manifest.write()),
        Hostile::new("long lines", "is no path of a bundle", long.write()),
        Hostile::new("zeros behind", "its archive goes on behind its end", behind.write()),
        Hostile::new("a wide window", "it does not begin like one", wide),
        Hostile::new("two bundles", "something follows its end", twice),
    ]
}

/// Cut off and flipped.
fn damage(good: &[u8]) -> Vec<Hostile> {
    let mut all = Vec::new();
    for tenth in 0..10 {
        let length = 7 + (good.len() - 8) * tenth / 10;
        let says = "it is damaged: it ends too early";
        all.push(Hostile::new(format!("cut to {length}"), says, good[..length].to_vec()));
    }
    let last = good.len() - 1;
    all.push(Hostile::new("a byte short", "it is damaged", good[..last].to_vec()));
    all.push(Hostile::new("a byte long", "something follows its end", [good, &[0]].concat()));
    for step in 0..16 {
        let mut bytes = good.to_vec();
        let place = 4 + (last - 4) * step / 15;
        bytes[place] ^= 1 << (step % 8);
        all.push(Hostile::new(format!("byte {place} flipped"), "", bytes));
    }
    all
}
