//! Files as they come: encodings, line ends, Word files whole and broken, and files that are no plans.

use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::time::Duration;

use super::{dictionary, read, show};
use crate::planning::reader::{self, Damage};

/// A Word file around `document`.
pub(super) fn docx(document: &str) -> Vec<u8> {
    zip_with("word/document.xml", document.as_bytes())
}

fn zip_with(part: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("[Content_Types].xml", options).unwrap();
    zip.write_all(b"<Types/>").unwrap();
    zip.start_file(part, options).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

/// Every target as `line: …`, or the error.
fn outcome(bytes: &[u8], name: &str) -> String {
    match reader::read(bytes, name, dictionary()) {
        Ok(plan) => plan
            .targets
            .iter()
            .map(|target| format!("{}: {}", target.span.line, show(target)))
            .collect::<Vec<_>>()
            .join("; "),
        Err(err) => {
            assert!(!err.zh().is_empty());
            err.to_string()
        }
    }
}

#[test]
fn every_encoding_and_line_end_reads_the_same() {
    let text = "工作计划\n1、早孕建册率达到90%以上;\n2、剖宫产率控制在40%以内。\n";
    let same = "2: >= 90% early_booking_rate; 3: <= 40% caesarean_rate";
    let gbk = encoding_rs::GB18030.encode(text).0.into_owned();
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (label, bytes) in [
        ("utf-8", text.as_bytes().to_vec()),
        ("bom", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("gbk", gbk),
        ("utf-16", utf16),
        ("crlf", text.replace('\n', "\r\n").into_bytes()),
        ("cr", text.replace('\n', "\r").into_bytes()),
        (
            "mixed",
            text.replacen('\n', "\r\n", 1)
                .replacen(";\n", ";\r", 1)
                .into_bytes(),
        ),
        ("full width", text.replace("90%", "９０％").into_bytes()),
    ] {
        assert_eq!(outcome(&bytes, "plan.txt"), same, "{label}");
    }
}

#[test]
fn bad_files_are_named() {
    let check = |bytes: &[u8], name: &str, want: &str| {
        assert!(
            outcome(bytes, name).starts_with(want),
            "{name}: {}",
            outcome(bytes, name)
        )
    };
    check(b"", "a.txt", "the file is empty");
    check(b" \r\n\t\n", "a.txt", "the file is empty");
    check(
        &[0, 159, 146, 150, 0, 1, 2, 3],
        "a.txt",
        "the file is neither text nor a .docx",
    );
    check(
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "a.png",
        "the file is neither text nor a .docx",
    );
    check(
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "a.doc",
        ".doc files are not read",
    );
    check(b"%PDF-1.7\n", "a.pdf", "PDF files are not read");
    check(
        b"PK\x03\x04 cut off",
        "a.docx",
        "the .docx file cannot be read: it is not a complete zip file",
    );
    check(
        "计划".as_bytes(),
        "a.docx",
        "the .docx file cannot be read: it is not a complete zip file",
    );
    check(
        &zip_with("word/other.xml", b"<a/>"),
        "a.docx",
        "the .docx file cannot be read: word/document.xml is missing",
    );
    check(
        &docx("<w:document><w:body><w:p>"),
        "a.docx",
        "the .docx file cannot be read: word/document.xml is damaged",
    );
    check(
        &docx("<w:document></w:body>"),
        "a.docx",
        "the .docx file cannot be read: word/document.xml is damaged",
    );
    check(
        &vec![b'a'; (20 << 20) + 1],
        "a.txt",
        "the file has 20971521 bytes",
    );
}

#[test]
fn half_a_word_file_is_refused() {
    let whole = docx(include_str!("../fixtures/hospital_docx.xml"));
    let half = &whole[..whole.len() / 2];
    assert!(
        outcome(half, "a.docx").contains("not a complete zip file"),
        "{}",
        outcome(half, "a.docx")
    );
}

#[test]
fn a_word_file_that_unpacks_without_end_is_stopped() {
    let bomb = zip_with("word/document.xml", &vec![b' '; 17 << 20]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(
        outcome(&bomb, "a.docx"),
        "the .docx file cannot be read: word/document.xml unpacks to more than 16777216 bytes"
    );
}

#[test]
fn what_is_no_plan_is_refused() {
    let refused = "the text does not look like a work plan";
    let recipe = "红烧肉的做法\n1、五花肉500克切块,冷水下锅焯3分钟。\n2、加冰糖30克炒至枣红色,成功率90%以上。\n3、加水800毫升,小火炖40分钟,盐不超过5克。\n";
    assert!(outcome(recipe.as_bytes(), "a.txt").starts_with(refused));
    assert!(
        outcome(
            "The quick brown fox jumps 90% of the time.\n".as_bytes(),
            "a.txt"
        )
        .starts_with(refused)
    );
    assert!(outcome("甲乙丙丁\n".repeat(100).as_bytes(), "a.txt").starts_with(refused));
}

#[test]
fn long_texts_take_time_in_proportion() {
    let line = "3、孕产妇系统管理率达到90%以上，完成农村妇女两癌检查1200人，加强产科质量管理，提高服务能力。";
    let timed = |text: String| {
        let started = std::time::Instant::now();
        let plan = read(&text);
        (plan.targets.len(), started.elapsed())
    };
    let (few, short) = timed(format!("{line}\n").repeat(300));
    let (many, long) = timed(format!("{line}\n").repeat(2_400));
    assert_eq!(many, few * 8);
    // Eight times the text may take eight times as long, and not sixty-four times; the rest is room for a busy machine.
    assert!(
        long < short * 30 + Duration::from_secs(2),
        "{short:?} for 1/8 of the text, {long:?} for all"
    );
    // One line of as many characters, with places to cut and without.
    let (_, cut) = timed(line.repeat(2_400));
    assert!(cut < short * 30 + Duration::from_secs(2), "{cut:?}");
    let (_, solid) = timed("工作计划目标任务指标".repeat(12_000));
    assert!(solid < short * 30 + Duration::from_secs(2), "{solid:?}");
}

#[test]
fn a_stamped_text_is_repaired_and_says_so() {
    let mut text = String::from("工作要点\n");
    for item in [
        "提高早孕建册率",
        "产后访视率达20230%",
        "出生人口性别比控制在12023以内",
        "封顶线不低于2023万元",
        "孕产妇死亡率控制在12/2023万以内",
    ] {
        writeln!(text, "1、{item}。").unwrap();
    }
    let plan = read(&text);
    let shown: Vec<String> = plan
        .targets
        .iter()
        .map(|target| format!("{} ({})", show(target), target.confidence.id()))
        .collect();
    assert_eq!(
        shown,
        [
            "none  early_booking_rate (high)",
            ">= 100% postpartum_visit_rate (medium)",
            "<= 110男/100女 sex_ratio_at_birth (medium)",
            ">= 10万元 [封顶线] (medium)",
            "<= 12/10万 maternal_mortality_ratio (medium)",
        ]
    );
    assert!(
        plan.targets[1]
            .notes
            .iter()
            .any(|note| note.en().contains("\"20230%\""))
    );
    let replaced = plan
        .damage
        .iter()
        .find(|damage| matches!(damage, Damage::DigitsReplaced { .. }))
        .unwrap();
    assert_eq!(
        replaced.en(),
        "digits \"10\" were probably replaced by \"2023\" (4 places)"
    );
}

#[test]
fn a_list_that_jumps_proves_the_stamp() {
    let plan = read(
        "工作要点 8、加强管理。 9、落实任务。 2024、推进服务,免费检查不低于202400对。 11、确保目标。",
    );
    assert_eq!(
        plan.targets.iter().map(show).collect::<Vec<_>>(),
        [">= 1000对 [免费检查]"]
    );
    assert_eq!(plan.tasks.len(), 4);
}

#[test]
fn a_year_alone_proves_nothing() {
    let plan = read("工作要点\n1、2023年业务收入达到2023万元。\n2、落实目标任务。\n");
    assert_eq!(
        plan.targets
            .iter()
            .map(|t| format!("{} {}", show(t), t.confidence.id()))
            .collect::<Vec<_>>(),
        ["= 2023万元 revenue_total low"]
    );
    assert!(plan.damage.is_empty());
}
