/// A picture of a page, as elements one after the other; how they look is the page's style.
struct SVG {
    /// A place, from the upper left corner.
    struct Point {
        var x: Double
        var y: Double
    }

    let width: Double
    let height: Double
    private(set) var body = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    mutating func line(_ from: Point, _ to: Point, _ style: String) {
        body +=
            "<line x1=\"\(number(from.x))\" y1=\"\(number(from.y))\" x2=\"\(number(to.x))\" "
            + "y2=\"\(number(to.y))\" class=\"\(style)\"/>"
    }

    mutating func rectangle(
        _ corner: Point, width: Double, height: Double, _ style: String, opacity: Double = 1,
        title: String = ""
    ) {
        let faint = opacity < 1 ? " opacity=\"\(number(opacity, digits: 2))\"" : ""
        let about = title.isEmpty ? "" : "<title>\(escaped(title))</title>"
        body +=
            "<rect x=\"\(number(corner.x))\" y=\"\(number(corner.y))\" "
            + "width=\"\(number(width))\" height=\"\(number(height))\" class=\"\(style)\"\(faint)>"
            + about + "</rect>"
    }

    mutating func circle(_ center: Point, radius: Double, _ style: String) {
        body +=
            "<circle cx=\"\(number(center.x))\" cy=\"\(number(center.y))\" "
            + "r=\"\(number(radius))\" class=\"\(style)\"/>"
    }

    /// Text that starts, has its middle or ends at a place.
    mutating func text(_ text: String, _ place: Point, _ style: String, anchor: String = "start") {
        body +=
            "<text x=\"\(number(place.x))\" y=\"\(number(place.y))\" class=\"\(style)\" "
            + "text-anchor=\"\(anchor)\">\(escaped(text))</text>"
    }

    /// A line through all places.
    mutating func polyline(_ places: [Point], _ style: String) {
        guard !places.isEmpty else { return }
        body += "<path d=\"\(path(places))\" class=\"\(style)\"/>"
    }

    /// What lies between two lines that have their places at the same distances.
    mutating func band(_ upper: [Point], _ lower: [Point], _ style: String) {
        guard !upper.isEmpty else { return }
        body += "<path d=\"\(path(upper + lower.reversed()))Z\" class=\"\(style)\"/>"
    }

    /// The element, with what it shows for those who do not see it.
    func html(_ label: String) -> String {
        "<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" "
            + "aria-label=\"\(escaped(label))\">\(body)</svg>"
    }

    private func path(_ places: [Point]) -> String {
        "M" + places.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L")
    }
}

/// A number as short as its digits allow.
func number(_ value: Double, digits: Int = 1) -> String {
    let scale = digits == 1 ? 10.0 : 100.0
    let scaled = (value * scale).rounded() / scale
    return scaled == scaled.rounded() ? "\(Int(scaled))" : "\(scaled)"
}

/// Text as it is written inside of elements and attributes.
func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.append(character)
        }
    }
    return result
}
