//! The fixed parts of a Word file and its looks: page, fonts and line spacing as GB/T 9704-2012 asks of official documents.

use fuyou_kernel::Language;

use super::document::Orientation;

pub(super) const DECLARATION: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

pub(super) const SPACES: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture""#;

pub(super) const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/><Default Extension="svg" ContentType="image/svg+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/><Override PartName="/word/endnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.endnotes+xml"/><Override PartName="/word/footer_odd.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/word/footer_even.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/><Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/></Types>"#;

pub(super) const ROOT_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/><Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties" Target="docProps/app.xml"/></Relationships>"#;

/// Open at its end: the relations of pictures and links follow.
pub(super) const DOCUMENT_RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="styles" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="settings" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/><Relationship Id="fonts" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable" Target="fontTable.xml"/><Relationship Id="endnotes" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/endnotes" Target="endnotes.xml"/><Relationship Id="footerOdd" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer_odd.xml"/><Relationship Id="footerEven" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer_even.xml"/>"#;

pub(super) const APP: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Fuyou</Application></Properties>"#;

pub(super) const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:zoom w:percent="100"/><w:evenAndOddHeaders/><w:defaultTabStop w:val="420"/><w:characterSpacingControl w:val="compressPunctuation"/><w:endnotePr><w:numFmt w:val="decimal"/><w:endnote w:id="-1"/><w:endnote w:id="0"/></w:endnotePr><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>"#;

pub(super) const SEPARATORS: &str = r#"<w:endnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:endnote><w:endnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:endnote>"#;

/// Which fonts stand in where those of official documents are missing.
pub(super) const FONTS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:font w:name="方正小标宋简体"><w:altName w:val="华文中宋;宋体;SimSun;Noto Serif CJK SC"/><w:charset w:val="86"/><w:family w:val="roman"/></w:font><w:font w:name="仿宋"><w:altName w:val="仿宋_GB2312;FangSong;Noto Serif CJK SC"/><w:charset w:val="86"/><w:family w:val="roman"/></w:font><w:font w:name="楷体"><w:altName w:val="楷体_GB2312;KaiTi;Noto Serif CJK SC"/><w:charset w:val="86"/><w:family w:val="roman"/></w:font><w:font w:name="黑体"><w:altName w:val="SimHei;Noto Sans CJK SC"/><w:charset w:val="86"/><w:family w:val="swiss"/></w:font></w:fonts>"#;

/// Width between the margins of an upright page: 210 mm less 28 and 26.
pub(super) const TEXT_WIDTH_MM: u32 = 156;

/// Twentieths of a point in a millimetre, times 100.
const TWIPS_PER_MM_100: u32 = 5_669;

const fn twips(mm: u32) -> u32 {
    mm * TWIPS_PER_MM_100 / 100
}

/// Width between the margins.
pub(super) fn text_width_twips(orientation: Orientation) -> u32 {
    match orientation {
        Orientation::Portrait => twips(TEXT_WIDTH_MM),
        // 297 mm less 37 above and 35 below, which lie left and right when the page is turned.
        Orientation::Landscape => twips(297 - 37 - 35),
    }
}

/// Size, margins and footers of pages: A4 with 37, 26, 35 and 28 mm around the text.
pub(super) fn section(orientation: Orientation) -> String {
    let (width, height) = (twips(210), twips(297));
    let [top, right, bottom, left] = [37, 26, 35, 28].map(twips);
    let (size, margins) = match orientation {
        Orientation::Portrait => (
            format!(r#"<w:pgSz w:w="{width}" w:h="{height}"/>"#),
            format!(
                r#"<w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}""#
            ),
        ),
        Orientation::Landscape => (
            format!(r#"<w:pgSz w:w="{height}" w:h="{width}" w:orient="landscape"/>"#),
            format!(
                r#"<w:pgMar w:top="{left}" w:right="{top}" w:bottom="{right}" w:left="{bottom}""#
            ),
        ),
    };
    format!(
        r#"<w:sectPr><w:footerReference w:type="default" r:id="footerOdd"/><w:footerReference w:type="even" r:id="footerEven"/><w:endnotePr><w:numFmt w:val="decimal"/></w:endnotePr>{size}{margins} w:header="851" w:footer="1134" w:gutter="0"/></w:sectPr>"#
    )
}

/// A footer with the page number between dashes, at the outer edge.
pub(super) fn footer(side: &str) -> String {
    format!(
        r#"{DECLARATION}<w:ftr {SPACES}><w:p><w:pPr><w:pStyle w:val="Footer"/><w:jc w:val="{side}"/></w:pPr><w:r><w:t xml:space="preserve">— </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t xml:space="preserve"> —</w:t></w:r></w:p></w:ftr>"#
    )
}

/// Properties of the file; both arguments are already escaped.
pub(super) fn core(title: &str, at: &str) -> String {
    // The schema knows seconds only.
    let at = match at.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => at.to_owned(),
    };
    format!(
        r#"{DECLARATION}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:creator>Fuyou</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created></cp:coreProperties>"#
    )
}

/// A picture in the line: the drawing for programs that know it, the dots for the others. `size` is in EMU.
pub(super) fn drawing(number: usize, (width, height): (u32, u32), says: &str) -> String {
    format!(
        r#"<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/><wp:effectExtent l="0" t="0" r="0" b="0"/><wp:docPr id="{number}" name="chart{number}" descr="{says}"/><wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="{number}" name="chart{number}" descr="{says}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="png{number}"><a:extLst><a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}"><asvg:svgBlip xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" r:embed="svg{number}"/></a:ext></a:extLst></a:blip><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"#
    )
}

/// Fonts of the four voices of an official document: title, headings, sub-headings, text.
struct Fonts {
    title: &'static str,
    heading: &'static str,
    subheading: &'static str,
    text: &'static str,
}

/// A paragraph style.
struct Style {
    id: &'static str,
    name: &'static str,
    paragraph: &'static str,
    font: &'static str,
    /// Half points.
    size: u32,
    run: &'static str,
}

/// The styles of a language. Sizes follow GB/T 9704: 2 号 (22 pt) for the title, 3 号 (16 pt) for headings and text.
pub(super) fn styles(language: Language) -> String {
    let (fonts, tag, indent) = match language {
        Language::Zh => (
            Fonts {
                title: "方正小标宋简体",
                heading: "黑体",
                subheading: "楷体",
                text: "仿宋",
            },
            "zh-CN",
            r#"<w:ind w:firstLineChars="200" w:firstLine="640"/>"#,
        ),
        Language::En => (
            Fonts {
                title: "黑体",
                heading: "黑体",
                subheading: "楷体",
                text: "仿宋",
            },
            "en-US",
            "",
        ),
    };
    // English lines are longer and set smaller.
    let body = match language {
        Language::Zh => 32,
        Language::En => 24,
    };
    let text = match language {
        Language::Zh => {
            format!(r#"<w:spacing w:line="560" w:lineRule="exact"/>{indent}<w:jc w:val="both"/>"#)
        }
        Language::En => {
            r#"<w:spacing w:after="120" w:line="320" w:lineRule="atLeast"/><w:jc w:val="left"/>"#
                .to_owned()
        }
    };
    let heading = match language {
        Language::Zh => format!(
            r#"<w:keepNext/><w:spacing w:line="560" w:lineRule="exact"/>{indent}<w:outlineLvl w:val="0"/>"#
        ),
        Language::En => {
            r#"<w:keepNext/><w:spacing w:before="240" w:after="80"/><w:outlineLvl w:val="0"/>"#
                .to_owned()
        }
    };
    let second = heading.replace(r#"outlineLvl w:val="0""#, r#"outlineLvl w:val="1""#);
    let mut xml = format!(
        r#"{DECLARATION}<w:styles {SPACES}><w:docDefaults><w:rPrDefault><w:rPr>{}<w:lang w:val="{tag}" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>"#,
        font(fonts.text, body)
    );
    let mut add = |style: &Style, paragraph: &str| {
        xml.push_str(&format!(
            r#"<w:style w:type="paragraph" w:styleId="{}"><w:name w:val="{}"/><w:basedOn w:val="Normal"/><w:pPr>{paragraph}</w:pPr><w:rPr>{}</w:rPr></w:style>"#,
            style.id,
            style.name,
            // The schema wants boldness right behind the fonts.
            font(style.font, style.size).replacen("/>", &format!("/>{}", style.run), 1)
        ));
    };
    add(
        &Style {
            id: "BodyText",
            name: "Body Text",
            paragraph: "",
            font: fonts.text,
            size: body,
            run: "",
        },
        &text,
    );
    add(
        &Style {
            id: "Heading1",
            name: "heading 1",
            paragraph: "",
            font: fonts.heading,
            size: body,
            run: if language == Language::En {
                "<w:b/>"
            } else {
                ""
            },
        },
        &heading,
    );
    add(
        &Style {
            id: "Heading2",
            name: "heading 2",
            paragraph: "",
            font: fonts.subheading,
            size: body,
            run: if language == Language::En {
                "<w:b/>"
            } else {
                ""
            },
        },
        &second,
    );
    let fixed = [
        Style {
            id: "Title",
            name: "Title",
            paragraph: r#"<w:spacing w:before="240" w:after="120" w:line="640" w:lineRule="atLeast"/><w:jc w:val="center"/>"#,
            font: fonts.title,
            size: 44,
            run: "",
        },
        Style {
            id: "Subtitle",
            name: "Subtitle",
            paragraph: r#"<w:spacing w:after="360"/><w:jc w:val="center"/>"#,
            font: fonts.subheading,
            size: 28,
            run: "",
        },
        Style {
            id: "Signature",
            name: "Signature",
            paragraph: r#"<w:keepLines/><w:spacing w:before="120"/><w:ind w:right="640"/><w:jc w:val="right"/>"#,
            font: fonts.text,
            size: body,
            run: "",
        },
        Style {
            id: "TableCaption",
            name: "Table Caption",
            paragraph: r#"<w:keepNext/><w:spacing w:before="160" w:after="80"/><w:jc w:val="center"/>"#,
            font: fonts.heading,
            size: 24,
            run: "",
        },
        Style {
            id: "TableHead",
            name: "Table Head",
            paragraph: r#"<w:keepNext/><w:spacing w:before="30" w:after="30"/><w:jc w:val="center"/>"#,
            font: fonts.heading,
            size: 20,
            run: "",
        },
        Style {
            id: "TableText",
            name: "Table Text",
            paragraph: r#"<w:spacing w:before="20" w:after="20"/>"#,
            font: fonts.text,
            size: 20,
            run: "",
        },
        Style {
            id: "TableNumber",
            name: "Table Number",
            paragraph: r#"<w:spacing w:before="20" w:after="20"/><w:jc w:val="right"/>"#,
            font: fonts.text,
            size: 20,
            run: "",
        },
        Style {
            id: "AfterTable",
            name: "After Table",
            paragraph: r#"<w:spacing w:line="160" w:lineRule="exact"/>"#,
            font: fonts.text,
            size: 12,
            run: "",
        },
        Style {
            id: "Picture",
            name: "Picture",
            paragraph: r#"<w:keepNext/><w:spacing w:before="160"/><w:jc w:val="center"/>"#,
            font: fonts.text,
            size: 20,
            run: "",
        },
        Style {
            id: "Caption",
            name: "caption",
            paragraph: r#"<w:spacing w:after="160"/><w:jc w:val="center"/>"#,
            font: fonts.subheading,
            size: 20,
            run: "",
        },
        Style {
            id: "Footer",
            name: "footer",
            paragraph: "",
            font: "宋体",
            size: 28,
            run: "",
        },
        Style {
            id: "EndnoteText",
            name: "endnote text",
            paragraph: r#"<w:spacing w:after="20"/><w:ind w:left="280" w:hanging="280"/>"#,
            font: fonts.text,
            size: 18,
            run: "",
        },
    ];
    for style in &fixed {
        add(style, style.paragraph);
    }
    xml.push_str(r#"<w:style w:type="character" w:styleId="EndnoteReference"><w:name w:val="endnote reference"/><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style><w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/><w:rPr><w:color w:val="1F5F8B"/><w:u w:val="single"/></w:rPr></w:style><w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="85" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style><w:style w:type="table" w:styleId="Figures"><w:name w:val="Figures"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="auto"/><w:left w:val="nil"/><w:bottom w:val="single" w:sz="8" w:space="0" w:color="auto"/><w:right w:val="nil"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="A6A6A6"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="D9D9D9"/></w:tblBorders></w:tblPr></w:style></w:styles>"#);
    xml
}

/// A font for Chinese, with Times New Roman for Latin letters and digits. `size` is in half points.
fn font(name: &str, size: u32) -> String {
    format!(
        r#"<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="{name}"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/>"#
    )
}
