/** What a Java program would use in place of the engine, each as well configured as its documentation and our measurements tell. */
@NullMarked
package io.walnut.peers;

import org.jspecify.annotations.NullMarked;
