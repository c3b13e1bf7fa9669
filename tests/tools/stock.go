// stock DIR: checks an exported log with golang.org/x/mod/sumdb alone: the checkpoint's signature
// with note, the tree with tlog, read from the tiles; beside it DIR.*.tlog-proof and
// DIR.consistency, where there are any. Prints what was checked; anything wrong ends it with 1.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

func check(err error, what string) {
	if err != nil {
		fmt.Printf("%s: %v\n", what, err)
		os.Exit(1)
	}
}

func insist(holds bool, what string) {
	if !holds {
		check(fmt.Errorf("does not hold"), what)
	}
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err, path)
	return data
}

// tiles reads hashes as C2SP tlog-tiles has them; sumdb's own tiles have other paths.
type tiles struct {
	dir  string
	size int64
	kept map[string][]byte
}

func (t *tiles) tile(level string, n, count int64) []byte {
	path := fmt.Sprintf("%03d", n%1000)
	for left := n / 1000; left > 0; left /= 1000 {
		path = fmt.Sprintf("x%03d/%s", left%1000, path)
	}
	path = filepath.Join(t.dir, "tile", level, path)
	if count-n*width < width {
		path += fmt.Sprintf(".p/%d", count-n*width)
	}
	if t.kept[path] == nil {
		t.kept[path] = read(path)
	}
	return t.kept[path]
}

func (t *tiles) hash(level int, n int64) (h tlog.Hash) {
	if level%8 != 0 {
		return tlog.NodeHash(t.hash(level-1, 2*n), t.hash(level-1, 2*n+1))
	}
	data := t.tile(strconv.Itoa(level/8), n/width, t.size>>uint(level))
	copy(h[:], data[n%width*32:])
	return h
}

func (t *tiles) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		hashes[i] = t.hash(level, n)
	}
	return hashes, nil
}

func (t *tiles) entry(index int64) []byte {
	data := t.tile("entries", index/width, t.size)
	for i := int64(0); i < index%width; i++ {
		data = data[2+binary.BigEndian.Uint16(data):]
	}
	return data[2 : 2+binary.BigEndian.Uint16(data)]
}

// open checks the signature of the log; the checkpoint is origin, size and root.
func open(data []byte, vkey string) (tree tlog.Tree, origin string) {
	verifier, err := note.NewVerifier(vkey)
	check(err, "vkey")
	n, err := note.Open(data, note.VerifierList(verifier))
	check(err, "checkpoint")
	lines := strings.Split(n.Text, "\n")
	insist(len(lines) == 4 && lines[0] == verifier.Name(), "origin")
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	check(err, "size")
	tree.Hash, err = tlog.ParseHash(lines[2])
	check(err, "root")
	return tree, lines[0]
}

func hashes(lines []string) (out []tlog.Hash) {
	for _, line := range lines {
		h, err := tlog.ParseHash(line)
		check(err, line)
		out = append(out, h)
	}
	return out
}

func checkTiles(t *tiles, tree tlog.Tree) {
	root, err := tlog.TreeHash(tree.N, t)
	check(err, "tiles")
	insist(root == tree.Hash, "root of the tiles")
	for i := int64(0); i < tree.N; i += 1 + tree.N/50 {
		record := tlog.RecordHash(t.entry(i))
		proof, err := tlog.ProveRecord(tree.N, i, t)
		check(err, "record")
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, i, record), "record")
		older, err := tlog.TreeHash(i+1, t)
		check(err, "older tree")
		extends, err := tlog.ProveTree(tree.N, i+1, t)
		check(err, "older tree")
		check(tlog.CheckTree(extends, tree.N, tree.Hash, i+1, older), "older tree")
	}
	fmt.Printf("tiles of %d entries\n", tree.N)
}

func checkProof(path, vkey string) {
	data := read(path)
	head := data[:bytes.Index(data, []byte("\n\n"))]
	tree, _ := open(data[len(head)+2:], vkey)
	lines := strings.Split(string(head), "\n")
	insist(lines[0] == "c2sp.org/tlog-proof@v1", path)
	extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	check(err, path)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	check(err, path)
	check(tlog.CheckRecord(hashes(lines[3:]), tree.N, tree.Hash, index, tlog.RecordHash(extra)), path)
	fmt.Printf("proof of entry %d\n", index)
}

func checkConsistency(path string, tree tlog.Tree) {
	for _, line := range strings.Split(strings.TrimSpace(string(read(path))), "\n") {
		words := strings.Split(line, " ")
		from, err := strconv.ParseInt(words[0], 10, 64)
		check(err, path)
		proof := hashes(words[1:])
		check(tlog.CheckTree(proof[1:], tree.N, tree.Hash, from, proof[0]), path)
		fmt.Printf("consistency from %d\n", from)
	}
}

func main() {
	dir := os.Args[1]
	vkey := strings.Split(string(read(filepath.Join(dir, "keys"))), "\n")[0]
	tree, origin := open(read(filepath.Join(dir, "checkpoint")), vkey)
	fmt.Printf("checkpoint of %s\n", origin)
	checkTiles(&tiles{dir, tree.N, map[string][]byte{}}, tree)
	proofs, err := filepath.Glob(dir + ".*.tlog-proof")
	check(err, dir)
	for _, path := range proofs {
		checkProof(path, vkey)
	}
	if _, err := os.Stat(dir + ".consistency"); err == nil {
		checkConsistency(dir+".consistency", tree)
	}
}
