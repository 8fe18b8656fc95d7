package io.walnut.node.rpc;

import java.util.regex.Pattern;

/** Which names a log may have: parts of letters, digits, {@code . _ -}, joined by {@code /}, 255 characters in all. */
final class LogNames {
    private static final int MAX_LENGTH = 255;
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9._-]+");

    private LogNames() {}

    static void check(String name) throws RequestException {
        if (name.isEmpty()) {
            throw RequestException.invalid("the name of the log is empty");
        }
        if (name.length() > MAX_LENGTH) {
            throw RequestException.invalid("the name of the log has " + name.length() + " characters; the limit is "
                    + MAX_LENGTH + "; it begins with '" + name.substring(0, 32) + "'");
        }
        for (String part : name.split("/", -1)) {
            if (!PART.matcher(part).matches() || part.equals(".") || part.equals("..")) {
                throw RequestException.invalid("'" + name + "' is not a name of a log: found the part '" + part
                        + "', expected letters, digits, '.', '_' or '-' in every part between '/', and no '.' or '..'");
            }
        }
    }
}
