// proxy.js TARGET-PORT CERT KEY - stands before a server that exits when a client goes away in the middle of a request:
// takes the whole request, asks the server, takes the whole answer, and only then passes it on.  Listens on 127.0.0.1,
// in plain text and by TLS, and prints the two ports.
const fs = require('fs');
const http = require('http');
const https = require('https');
const [target, cert, key] = process.argv.slice(2);

function whole(stream, then) {
  const parts = [];
  stream.on('data', (part) => parts.push(part));
  stream.on('end', () => then(Buffer.concat(parts)));
  stream.on('error', () => {}); // the client went away: nobody wants an answer, and the server is not asked
}

function refuse(response, why) {
  if (!response.destroyed) {
    response.writeHead(502, { 'content-type': 'text/plain' });
    response.end(`proxy: ${why.message}\n`);
  }
}

function pass(request, response) {
  whole(request, (body) => {
    const { method, url: path } = request;
    const headers = { ...request.headers, connection: 'close', 'content-length': body.length };
    delete headers['transfer-encoding'];
    const question = http.request({ host: '127.0.0.1', port: target, method, path, headers }, (answer) => {
      whole(answer, (bytes) => {
        const kept = { ...answer.headers, 'content-length': bytes.length };
        delete kept['transfer-encoding'];
        delete kept.connection;
        if (!response.destroyed) {
          response.writeHead(answer.statusCode, kept);
          response.end(bytes);
        }
      });
    });
    question.on('error', (why) => refuse(response, why));
    question.end(body);
  });
}

const plain = http.createServer(pass);
const tls = https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }, pass);
plain.listen(0, '127.0.0.1', () => tls.listen(0, '127.0.0.1', () => {
  console.log(plain.address().port, tls.address().port);
}));
