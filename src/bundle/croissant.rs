//! A dataset as catalogues know it: Croissant 1.0 (`MLCommons`), made of its
//! descriptor.
//!
//! Knows nothing of pipelines.

use serde_json::{Map, Value, json};

use acai_dataset::{
    FileSpec, Mirror,
    checksum::{Algorithm, Checksum},
    descriptor::Descriptor,
};

/// Descriptors that say no licence.
const NO_LICENCE: &str = "not stated";

pub(super) fn text(descriptor: &Descriptor) -> String {
    let name = descriptor.name.as_str();
    let mut all = Map::new();
    let mut put = |key: &str, value: Value| all.insert(key.to_owned(), value);
    put("@context", context());
    put("@type", json!("sc:Dataset"));
    put("name", json!(name));
    put("conformsTo", json!("http://mlcommons.org/croissant/1.0"));
    put("description", json!(descriptor.about));
    put("license", json!(descriptor.licence.as_deref().unwrap_or(NO_LICENCE)));
    if let Some(homepage) = &descriptor.homepage {
        put("url", json!(homepage));
    }
    if let Some(citation) = &descriptor.citation {
        put("citeAs", json!(citation));
    }
    put("distribution", descriptor.files.iter().map(file).collect());
    put("recordSet", json!([classes(descriptor)]));
    format!("{:#}\n", Value::Object(all))
}

/// What the words below mean, as Croissant prescribes it.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/",
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "extract": "cr:extract",
        "field": "cr:field",
        "fileProperty": "cr:fileProperty",
        "fileObject": "cr:fileObject",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}

/// A file; or what it holds, where that is all that is known of it, since it may
/// have been compressed again.
fn file(file: &FileSpec) -> Value {
    let mut all = Map::new();
    let mut put = |key: &str, value: Value| all.insert(key.to_owned(), value);
    put("@type", json!("cr:FileObject"));
    let from = file.mirrors.first().map_or_else(|| file.name.clone(), Mirror::to_string);
    let name = match (&file.checksum, &file.content) {
        (None, Some(content)) => {
            let inner = file.name.trim_end_matches(".gz");
            put("description", json!(format!("what is compressed in {from}")));
            put("contentUrl", json!(inner));
            put(checksum_word(content), json!(content.digits));
            inner
        }
        (checksum, _) => {
            put("contentUrl", json!(from));
            if let Some(size) = file.size {
                put("contentSize", json!(format!("{size} B")));
            }
            if let Some(checksum) = checksum {
                put(checksum_word(checksum), json!(checksum.digits));
            }
            &file.name
        }
    };
    put("@id", json!(name));
    put("name", json!(name));
    put("encodingFormat", json!(format_of(name)));
    Value::Object(all)
}

fn checksum_word(checksum: &Checksum) -> &'static str {
    match checksum.algorithm {
        Algorithm::Md5 => "md5",
        Algorithm::Sha1 => "sha1",
        Algorithm::Sha256 => "sha256",
    }
}

fn format_of(name: &str) -> &'static str {
    let ending = name.rsplit('.').next().unwrap_or_default();
    match ending {
        "gz" | "tgz" => "application/gzip",
        "npz" | "zip" => "application/zip",
        "mat" => "application/x-matlab-data",
        _ => "application/octet-stream",
    }
}

/// The classes, in the order of their numbers.
fn classes(descriptor: &Descriptor) -> Value {
    let row = |(number, name): (usize, &String)| json!({ "classes/number": number, "classes/name": name });
    let rows: Vec<Value> = descriptor.classes.iter().enumerate().map(row).collect();
    let field = |name: &str, data: &str, about: &str| {
        json!({
            "@type": "cr:Field",
            "@id": format!("classes/{name}"),
            "name": name,
            "description": about,
            "dataType": data,
        })
    };
    json!({
        "@type": "cr:RecordSet",
        "@id": "classes",
        "name": "classes",
        "description": "the classes of its images",
        "dataType": "sc:Enumeration",
        "key": { "@id": "classes/number" },
        "field": [
            field("number", "sc:Integer", "the label in the artifacts"),
            field("name", "sc:Text", "what it stands for"),
        ],
        "data": rows,
    })
}
