package io.walnut.chaos.report;

import java.util.ArrayDeque;
import java.util.Deque;

/** Writes HTML and SVG that are also well-formed XML. */
final class Markup {
    private final StringBuilder out = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    /**
     * Begins an element.
     *
     * @param attributes names and values, in turn
     */
    Markup open(String name, Object... attributes) {
        begin(name, attributes);
        out.append('>');
        open.push(name);
        return this;
    }

    /** Ends the element that was begun last. */
    Markup close() {
        out.append("</").append(open.pop()).append('>');
        return this;
    }

    /** An element that has nothing in it. */
    Markup empty(String name, Object... attributes) {
        begin(name, attributes);
        out.append("/>");
        return this;
    }

    /** An element that has nothing but text in it. */
    Markup element(String name, String text, Object... attributes) {
        return open(name, attributes).text(text).close();
    }

    Markup text(String text) {
        escape(text);
        return this;
    }

    /** What another one wrote. */
    Markup add(Markup other) {
        out.append(other);
        return this;
    }

    Markup line() {
        out.append('\n');
        return this;
    }

    private void begin(String name, Object... attributes) {
        out.append('<').append(name);
        for (int i = 0; i < attributes.length; i += 2) {
            out.append(' ').append(attributes[i]).append("=\"");
            escape(value(attributes[i + 1]));
            out.append('"');
        }
    }

    /** Coordinates with one decimal: a tenth of a pixel. */
    private static String value(Object value) {
        if (!(value instanceof Double number)) {
            return value.toString();
        }
        long tenths = Math.round(number * 10);
        return tenths % 10 == 0 ? Long.toString(tenths / 10) : tenths / 10.0 + "";
    }

    private void escape(String text) {
        text.codePoints().forEach(c -> {
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                default -> {
                    // What XML cannot have at all, even escaped.
                    boolean allowed = (c >= ' ' && c < 0xD800)
                            || (c > 0xDFFF && c < 0xFFFE)
                            || c > 0xFFFF
                            || c == '\n'
                            || c == '\t';
                    out.appendCodePoint(allowed ? c : 0xFFFD);
                }
            }
        });
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
