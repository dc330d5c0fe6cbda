package main

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"errors"
	"math/big"
	"slices"
)

// The curve of Ed25519 (RFC 8032, section 5.1), with the arithmetic of the definition: a few keys are looked at, all
// of them public, so neither speed nor equal times matter.
var (
	prime   = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	order   = decimal("7237005577332262213973186563042994240857116359379907606001950938285454250989")
	curveD  = mul(big.NewInt(-121665), inverse(big.NewInt(121666)))
	rootOf1 = new(big.Int).Exp(big.NewInt(2), new(big.Int).Rsh(new(big.Int).Sub(prime, big.NewInt(1)), 2), prime)
)

func decimal(text string) *big.Int {
	value, _ := new(big.Int).SetString(text, 10)
	return value
}

func mod(a *big.Int) *big.Int     { return new(big.Int).Mod(a, prime) }
func mul(a, b *big.Int) *big.Int  { return mod(new(big.Int).Mul(a, b)) }
func add(a, b *big.Int) *big.Int  { return mod(new(big.Int).Add(a, b)) }
func sub(a, b *big.Int) *big.Int  { return mod(new(big.Int).Sub(a, b)) }
func inverse(a *big.Int) *big.Int { return new(big.Int).ModInverse(mod(a), prime) }

// A point has the coordinates x/z and y/z.
type point struct{ x, y, z *big.Int }

func identity() point { return point{big.NewInt(0), big.NewInt(1), big.NewInt(1)} }

func (p point) isIdentity() bool { return p.x.Sign() == 0 && p.y.Cmp(p.z) == 0 }

// plus is the complete addition law in projective coordinates.
func (p point) plus(q point) point {
	a := mul(p.z, q.z)
	b := mul(a, a)
	c, d := mul(p.x, q.x), mul(p.y, q.y)
	e := mul(curveD, mul(c, d))
	f, g := sub(b, e), add(b, e)
	cross := sub(sub(mul(add(p.x, p.y), add(q.x, q.y)), c), d)
	return point{mul(a, mul(f, cross)), mul(a, mul(g, add(d, c))), mul(f, g)}
}

func (p point) times(factor *big.Int) point {
	result := identity()
	for bit := factor.BitLen() - 1; bit >= 0; bit-- {
		result = result.plus(result)
		if factor.Bit(bit) == 1 {
			result = result.plus(p)
		}
	}
	return result
}

// parsePoint reads the one encoding that a point has (RFC 8032, section 5.1.3).
func parsePoint(encoded []byte) (point, error) {
	if len(encoded) != ed25519.PublicKeySize {
		return point{}, errors.New("a point has 32 bytes")
	}
	y, odd := littleEndian(encoded)
	if y.Cmp(prime) >= 0 {
		return point{}, errors.New("the point could be written in another way")
	}
	squared := mul(y, y)
	numerator := sub(squared, big.NewInt(1))
	wanted := mul(numerator, inverse(add(mul(curveD, squared), big.NewInt(1))))
	x := new(big.Int).Exp(wanted, new(big.Int).Rsh(new(big.Int).Add(prime, big.NewInt(3)), 3), prime)
	if mul(x, x).Cmp(wanted) != 0 {
		x = mul(x, rootOf1)
	}
	if mul(x, x).Cmp(wanted) != 0 {
		return point{}, errors.New("no point of the curve")
	}
	if x.Sign() == 0 && odd == 1 {
		return point{}, errors.New("the point could be written in another way")
	}
	if x.Bit(0) != odd {
		x = sub(big.NewInt(0), x)
	}
	return point{x, y, big.NewInt(1)}, nil
}

// littleEndian returns the lower 255 bits as a number, and the highest bit.
func littleEndian(encoded []byte) (*big.Int, uint) {
	turned := slices.Clone(encoded)
	slices.Reverse(turned)
	value := new(big.Int).SetBytes(turned)
	high := value.Bit(255)
	return value.SetBit(value, 255, 0), high
}

// checkPublicKey refuses a key under which signatures verify that nobody made.
func checkPublicKey(public []byte) error {
	key, err := parsePoint(public)
	if err != nil {
		return err
	}
	if key.isIdentity() || !key.times(order).isIdentity() {
		return errors.New("a public key that is no point of the prime-order group")
	}
	return nil
}

// verify checks a bare signature. One whose first half is the neutral point shows that its key was known to whoever
// made it, but holds for every message in libraries that multiply by the cofactor: it is refused.
func verify(public, message, signature []byte) error {
	if len(signature) != ed25519.SignatureSize || len(public) != ed25519.PublicKeySize {
		return errors.New("a signature of a wrong length")
	}
	commitment, err := parsePoint(signature[:32])
	if err != nil || commitment.isIdentity() || !ed25519.Verify(public, message, signature) {
		return errors.New("the signature is not one of key " + keyIDOf(public).String() + " over these bytes")
	}
	return nil
}

// checkSealingKey refuses an X25519 key that is written in a second way or shares secrets with everybody.
func checkSealingKey(public []byte) error {
	if len(public) != 32 {
		return errors.New("a sealing key has 32 bytes")
	}
	if u, high := littleEndian(public); high == 1 || u.Cmp(prime) >= 0 {
		return errors.New("a sealing key that could be written in another way")
	}
	theirs, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return err
	}
	mine, err := ecdh.X25519().NewPrivateKey(slices.Repeat([]byte{1}, 32))
	if err != nil {
		return err
	}
	_, err = mine.ECDH(theirs) // refuses a shared secret of zeros
	return err
}

// sealingImage returns the X25519 key that an Ed25519 key maps to (RFC 7748, section 4.1).
func sealingImage(public []byte) ([]byte, error) {
	key, err := parsePoint(public)
	if err != nil {
		return nil, err
	}
	divisor := sub(big.NewInt(1), key.y)
	if divisor.Sign() == 0 {
		return nil, errors.New("the neutral point has no image")
	}
	image := mul(add(big.NewInt(1), key.y), inverse(divisor)).FillBytes(make([]byte, 32))
	slices.Reverse(image)
	return image, nil
}
