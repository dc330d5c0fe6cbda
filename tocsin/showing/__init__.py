"""What people read: messages, amounts, audiences, in short plain lines. Pure: values in, text out."""
