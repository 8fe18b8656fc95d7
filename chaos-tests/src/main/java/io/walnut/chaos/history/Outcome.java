package io.walnut.chaos.history;

/** How a call ended, in the words of Jepsen. */
public enum Outcome {
    /** It took effect between its invocation and its return. */
    OK,
    /** It certainly has no effect, and never will have one. */
    FAIL,
    /** Nobody knows: it may have taken effect, may yet, or never. */
    INFO
}
