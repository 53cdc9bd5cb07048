// Preloaded before a server that would listen on every interface: it listens on 127.0.0.1 only.
const net = require('net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  const first = given[0];
  if (first && typeof first === 'object' && first.port !== undefined) {
    given[0] = { ...first, host: '127.0.0.1' };
  } else if (typeof first === 'number' || (typeof first === 'string' && /^[0-9]+$/.test(first))) {
    const rest = given.slice(1).filter((x) => typeof x === 'function');
    given = [{ port: Number(first), host: '127.0.0.1' }, ...rest];
  }
  return listen.apply(this, given);
};
