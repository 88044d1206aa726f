/// A text on one line, without signs that a terminal or an XML reader would obey or refuse, and cut
/// to a number of characters.
func clean(_ text: String, limit: Int) -> String {
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(4 * limit) {
        clean.append(isHarmless(scalar) ? scalar : "\u{FFFD}")
    }
    let line = String(clean)
    return line.count > limit ? line.prefix(limit - 1) + "…" : line
}

private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
    default: true
    }
}

/// A text as XML wants it between tags and in attributes.
func escape(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
        switch character {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\"": escaped += "&quot;"
        case "'": escaped += "&#39;"
        default: escaped.unicodeScalars.append(character)
        }
    }
    return escaped
}

/// Lines of at most `width` characters, broken at spaces where there are any.
func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        if !line.isEmpty, line.count + 1 + word.count > width {
            lines.append(line)
            line = ""
        }
        line += line.isEmpty ? String(word) : " \(word)"
    }
    return line.isEmpty ? lines : lines + [line]
}

/// A text with spaces up to a width.
func padded(_ text: String, to width: Int, leading: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return leading ? space + text : text + space
}

/// A text without the spaces at its end.
func trimmed(_ text: String) -> String {
    var text = text
    while text.last == " " { text.removeLast() }
    return text
}
