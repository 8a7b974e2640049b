/** @file A process that says things the protocol does not know, and does not end by itself. */
process.on('disconnect', () => process.exit(0));
process.on('message', () => process.exit(0));
process.send({ type: 'hello' });
