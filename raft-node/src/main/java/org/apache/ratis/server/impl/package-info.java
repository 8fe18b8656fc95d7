/**
 * Where Ratis is entered: the seam through which our log gets into a division, and the confirmation of linearizable reads. Both live in a
 * package of Ratis because the classes that they need are package-private there; nothing else of ours does.
 */
@NullMarked
package org.apache.ratis.server.impl;

import org.jspecify.annotations.NullMarked;
