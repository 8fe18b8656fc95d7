package io.walnut.client;

import java.util.regex.Pattern;

/** Which names a log may have; checked here too, so that a wrong one costs no round trip and the answer says what is wrong. */
final class LogNames {
    private static final int MAX_LENGTH = 255;
    private static final int SHOWN = 40;
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9._-]+");

    private LogNames() {}

    /** Returns the name. */
    static String check(String name) {
        if (name.isEmpty()) {
            throw Errors.invalid("the name of a log is empty; expected 1 to " + MAX_LENGTH + " characters");
        }
        if (name.length() > MAX_LENGTH) {
            throw Errors.invalid("the name of a log has " + name.length() + " characters; the limit is " + MAX_LENGTH
                    + "; it begins with '" + name.substring(0, SHOWN) + "'");
        }
        for (String part : name.split("/", -1)) {
            if (part.equals(".") || part.equals("..") || !PART.matcher(part).matches()) {
                throw Errors.invalid("'" + name + "' is not a name of a log: found the part '" + part
                        + "', expected letters, digits, '.', '_' or '-' in every part between '/', and no '.' or '..'");
            }
        }
        return name;
    }
}
