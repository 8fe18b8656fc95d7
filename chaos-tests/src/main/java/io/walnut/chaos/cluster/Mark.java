package io.walnut.chaos.cluster;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the names begin of all that one cluster takes of the machine (namespaces, links, disk images): with the process id of the
 * harness, so that what a dead one has left is known as such.
 */
record Mark(String name) {
    /** With a process id of seven digits just short enough for the name of a link. */
    private static final Pattern FORM = Pattern.compile("walnut(\\d+)[a-z]");

    private static final Set<Mark> LIVE = new HashSet<>();

    Mark {
        if (!FORM.matcher(name).matches()) {
            throw new IllegalArgumentException("a mark is 'walnut', a process id and a letter, not '" + name + "'");
        }
    }

    /** One that no other cluster has, until it is given back. */
    static synchronized Mark take() {
        for (char letter = 'a'; letter <= 'z'; letter++) {
            Mark mark = new Mark("walnut" + ProcessHandle.current().pid() + letter);
            if (LIVE.add(mark)) {
                return mark;
            }
        }
        throw new IllegalStateException("this process has 26 clusters already; close one");
    }

    static synchronized void giveBack(Mark mark) {
        LIVE.remove(mark);
    }

    /** Whether something of this name is of the cluster. */
    boolean has(String thing) {
        return thing.startsWith(name);
    }

    /** Whether something of this name is of a cluster that nobody has any more. */
    static synchronized boolean orphan(String thing) {
        Matcher form = FORM.matcher(thing);
        if (!form.lookingAt()) {
            return false;
        }
        long pid = Long.parseLong(form.group(1));
        return pid == ProcessHandle.current().pid()
                ? LIVE.stream().noneMatch(mark -> mark.has(thing))
                : ProcessHandle.of(pid).isEmpty();
    }
}
